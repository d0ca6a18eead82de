import { describe, expect, it } from "vitest";
import { encodeCbor } from "../../protocol/cbor/encode.ts";
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
  const area = chipArea(chip, 0, 2);
  let now = 0;
  const open = () => {
    chip.powerUp();
    now = 0;
    const log = new CrashLog(area);
    log.startBoot();
    return { log, failures: new FailureLog({ log, images, uptime: () => (now += 10) }) };
  };
  new CrashLog(area).format();
  return { area, open };
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

  it("stamps who reported, whatever the report says", () => {
    const { open } = prepared();
    const { failures } = open();
    const own = report({ kind: "watchdog" });
    expect(failures.report(own)).toBe(true);
    // The runtime repeats the root of trust's words to the letter.
    expect(failures.append(encodeFailureReport(own))).toBe(2);
    const reporters = [0, 1].map(
      (after) => decodeFailureRecord(failures.read(after)?.record ?? new Uint8Array()).reporter,
    );
    expect(reporters).toEqual(["root", "runtime"]);
  });

  it("keeps a record of the root of trust through all that a runtime can call", () => {
    const { open } = prepared();
    open().failures.report(report({ kind: "memory-fault", region: "secure-ram", address: 1 }));
    for (let boot = 0; boot < 20; boot += 1) {
      const { failures } = open();
      for (let call = 0; call < 60; call += 1) {
        try {
          failures.append(encodeFailureReport(report({ kind: "exit", code: boot * 60 + call })));
        } catch (error) {
          expect(error).toMatchObject({ code: "log-storm" });
        }
        const found = failures.read(0);
        failures.acknowledge(found?.sequence ?? 0);
      }
    }
    const { log } = open();
    const first = decodeFailureRecord(log.read(0, true)?.record ?? new Uint8Array());
    expect(first).toMatchObject({ sequence: 1, bootCount: 1, reporter: "root" });
    expect(decodeFailureReport(first).cause).toEqual({ kind: "memory-fault", region: "secure-ram", address: 1 });
    expect(log.dropped("runtime")).toBeGreaterThan(0);
  });

  it("counts one failure at many addresses once, and keeps the first address", () => {
    const { open } = prepared();
    const { failures } = open();
    for (let address = 1; address <= 100; address += 1) {
      failures.report(report({ kind: "memory-fault", region: "secure-ram", address }));
    }
    const found = failures.read(0);
    expect(found?.repeats).toBe(99);
    expect(decodeFailureReport(decodeFailureRecord(found?.record ?? new Uint8Array())).cause).toMatchObject({
      address: 1,
    });
    expect(failures.read(1)).toBeUndefined();
  });

  it.each([
    ["nothing", new Uint8Array(0), "truncated"],
    ["no report", Uint8Array.of(0xf6), "field-type"],
    ["too much", new Uint8Array(385), "byte-limit"],
  ])("refuses %s, and keeps nothing", (_name, bytes, code) => {
    const { failures } = prepared().open();
    expect(() => failures.append(bytes)).toThrow(expect.objectContaining({ code }));
    expect(failures.read(0)).toBeUndefined();
  });

  it("keeps nonsense that has the form of a report, under the reporter's name", () => {
    const { failures } = prepared().open();
    expect(failures.append(encodeCbor([Uint8Array.of(1), Uint8Array.of(2)]))).toBe(1);
    const record = decodeFailureRecord(failures.read(0)?.record ?? new Uint8Array());
    expect(record.reporter).toBe("runtime");
    expect(() => decodeFailureReport(record)).toThrow(expect.objectContaining({ code: "structure" }));
  });

  it("lets the root of trust go on when flash takes no record", () => {
    const { open, area } = prepared();
    const { failures } = open();
    area.write = () => {
      throw Object.assign(new Error("worn"), { code: "write-failed" });
    };
    expect(failures.report(report({ kind: "watchdog" }))).toBe(false);
  });
});
