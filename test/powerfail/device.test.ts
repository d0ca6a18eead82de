/** The slot code and the crash log do on both boards what they do on Node, where the simulator proves it. */
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { type DeviceRun, root, runDeviceProgram } from "../boards/device-program.ts";
import { logTranscript, measureLog } from "./device/log-transcript.ts";
import { slotTranscript } from "./device/slot-transcript.ts";

/** A tenth of what hashing a 1 MiB image costs, state sectors in RAM. */
const INSTRUCTION_BUDGET = 2_500_000;
/** Of opening the crash log at each boot, its write included. */
const LOG_INSTRUCTION_BUDGET = 1_500_000;
const LOG_BYTE_BUDGET = 6 * 1024;
const expected: string[] = [];
const expectedLog: string[] = [];
const cuts = slotTranscript((line) => expected.push(line));

describe("an update cut at each operation", () => {
  it("ends with one of the two images, confirmed, and settles on it", () => {
    expect(cuts).toBeGreaterThan(20);
    for (const line of expected) {
      expect(line).toMatch(/confirmed ([12]), counter \1; confirmed \1, counter \1; $/);
    }
    expect(expected.at(-1)).toMatch(/^no cut: confirmed 2/);
  });
});

describe("a crash log cut at each operation", () => {
  const logCuts = logTranscript((line) => expectedLog.push(line));

  it("has lost nothing, and counts on", () => {
    expect(logCuts).toBeGreaterThan(60);
    for (const line of expectedLog) {
      const [, first, second] = /: boot (\d+) .*; boot (\d+) after power-on.*; $/.exec(line) ?? [];
      expect(Number(second)).toBe(Number(first) + 1);
    }
    expect(expectedLog.at(-1)).toMatch(/^no log cut: boot 3 after update/);
  });

  it(`is opened by reading ${LOG_BYTE_BUDGET} bytes of 512 KiB`, () => {
    const { reads, bytesRead } = measureLog(() => 0);
    expect(reads).toBeLessThan(20);
    expect(bytesRead).toBeLessThan(LOG_BYTE_BUDGET);
  });
});

describe.each(boardNames(root))("the same on %s", (board) => {
  let run: DeviceRun;
  beforeAll(async () => {
    run = await runDeviceProgram({ board, folder: "powerfail/device", timeoutMs: 120_000 });
  }, 300_000);

  it("tells the same transcript", () => {
    expect(run.done, run.console.slice(-40).join("\n")).toBe(true);
    const lines = run.console.flatMap((line) => /^transcript (.*)$/.exec(line)?.[1] ?? []);
    expect(lines.map((line) => line.trim())).toEqual([...expected, ...expectedLog].map((line) => line.trim()));
  });

  it(`opens the crash log within ${LOG_INSTRUCTION_BUDGET} instructions`, () => {
    const [, opening] = /log opening=(\d+)/.exec(run.console.join("\n")) ?? [];
    expect(Number(opening)).toBeGreaterThan(0);
    expect(Number(opening)).toBeLessThan(LOG_INSTRUCTION_BUDGET);
  });

  it(`decides within ${INSTRUCTION_BUDGET} instructions when there is nothing to settle, verification left out`, () => {
    const [, instructions] = /decision instructions=(\d+)/.exec(run.console.join()) ?? [];
    expect(Number(instructions)).toBeGreaterThan(0);
    expect(Number(instructions)).toBeLessThan(INSTRUCTION_BUDGET);
  });
});
