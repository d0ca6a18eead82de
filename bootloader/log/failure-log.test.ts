import { describe, expect, it } from "vitest";
import { decodeFailureRecord, decodeFailureReport } from "../../protocol/failure/decode.ts";
import type { RunningImage } from "../../protocol/failure/record.ts";
import { encodeFailureReport, type FailureReport } from "../../protocol/failure/report.ts";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import { CrashLog } from "./crash-log.ts";
import { FailureLog } from "./failure-log.ts";

const images: RunningImage[] = [
  { digest: new Uint8Array(32).fill(1), version: new Uint8Array(8).fill(1) },
  { digest: new Uint8Array(32).fill(2), version: new Uint8Array(8).fill(2) },
];

function report(cause: FailureReport["cause"], more: Partial<FailureReport> = {}): FailureReport {
  const component = new Uint8Array(16).fill(3);
  return {
    component,
    image: new Uint8Array(32).fill(2),
    build: new Uint8Array(0),
    cause,
    heap: undefined,
    log: [],
    ...more,
  };
}

function prepared() {
  const chip = new NorChip({ unit: 4, blocks: [65536, 65536] }, 1);
  let now = 0;
  const open = () => {
    chip.powerUp();
    now = 0;
    const log = new CrashLog(chipArea(chip, 0, 2));
    log.startBoot();
    return { log, failures: new FailureLog({ log, images, uptime: () => (now += 10) }) };
  };
  new CrashLog(chipArea(chip, 0, 2)).format();
  return { chip, open };
}

describe("FailureLog", () => {
  it("stamps what the runtime reports", () => {
    const { open } = prepared();
    const given = report({ kind: "exit", code: 3 }, { heap: { used: 5, limit: 6 }, log: ["a", "b"] });
    expect(open().failures.append(encodeFailureReport(given))).toBe(1);
    const found = open().failures.read(0);
    const record = decodeFailureRecord(found?.record ?? new Uint8Array());
    expect(record).toMatchObject({ sequence: 1, bootCount: 1, uptime: 10, reporter: "runtime", images });
    expect(decodeFailureReport(record)).toEqual(given);
  });
});
