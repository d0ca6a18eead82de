/** The slot code does on both boards what it does on Node, where the simulator proves it. */
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { type DeviceRun, root, runDeviceProgram } from "../boards/device-program.ts";
import { slotTranscript } from "./device/slot-transcript.ts";

/** A tenth of what hashing a 1 MiB image costs, state sectors in RAM. */
const INSTRUCTION_BUDGET = 2_500_000;
const expected: string[] = [];
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

describe.each(boardNames(root))("the same on %s", (board) => {
  let run: DeviceRun;
  beforeAll(async () => {
    run = await runDeviceProgram({ board, folder: "powerfail/device", timeoutMs: 120_000 });
  }, 300_000);

  it("tells the same transcript", () => {
    expect(run.done, run.console.slice(-40).join("\n")).toBe(true);
    const lines = run.console.flatMap((line) => /^transcript ((?:cut|no cut).*)$/.exec(line)?.[1] ?? []);
    expect(lines.map((line) => line.trim())).toEqual(expected.map((line) => line.trim()));
  });

  it(`decides within ${INSTRUCTION_BUDGET} instructions when there is nothing to settle, verification left out`, () => {
    const [, instructions] = /decision instructions=(\d+)/.exec(run.console.join()) ?? [];
    expect(Number(instructions)).toBeGreaterThan(0);
    expect(Number(instructions)).toBeLessThan(INSTRUCTION_BUDGET);
  });
});
