/** A hostile runtime that wants to wear flash out: what it can reach costs it years, and an owner notices nothing. */
import { describe, expect, it } from "vitest";
import { ERASE_STEPS } from "../../bootloader/calls/wear-guard.ts";
import { eraseCounter } from "../../bootloader/counters/counter-names.ts";
import { encodeFailureReport } from "../../protocol/failure/report.ts";
import { CallsDevice, IMAGES } from "./calls-device.ts";

/** Erases that a block is good for. */
const ENDURANCE = 100_000;
const YEAR = 365 * 24 * 3600 * 1000;
const HOUR = 3_600_000;

/** A device whose slot B of the runtime was erased so often, as its counter says. */
function wornDevice(erases: number): CallsDevice {
  const device = new CallsDevice();
  device.log.raise(eraseCounter(1, "b"), 2 * erases);
  return device;
}

function begin(device: CallsDevice): { status: string; detail: string } {
  const { status, detail } = device.call("updateBegin", { image: 1, byteLength: 300 });
  return { status, detail };
}

function erasesOf(device: CallsDevice): number {
  return device.chip.operations.filter(({ kind }) => kind === "erase").length;
}

describe("erasing a slot over and over", () => {
  it("costs an owner no wait: ten years of an update a day, and some", () => {
    const device = wornDevice(9000);
    for (let count = 0; count < 20; count += 1) expect(begin(device).status).toBe("ok");
  });

  it("is slowed down once a tenth of the life is spent, and a reset wins nothing", () => {
    const device = wornDevice(10_000);
    device.chip.plan(undefined);
    expect(begin(device)).toEqual({ status: "wear-limit", detail: "600" });
    expect(erasesOf(device)).toBe(0);
    device.uptime = 599_001;
    expect(begin(device)).toEqual({ status: "wear-limit", detail: "1" });
    device.uptime = 600_000;
    expect(begin(device).status).toBe("ok");
    expect(begin(device).status).toBe("wear-limit");
    device.boot();
    expect(begin(device).status).toBe("wear-limit");
  });

  it("goes on at full speed where a runtime can move the clock: the wait is all that stops it", () => {
    const device = wornDevice(10_000);
    for (let count = 0; count < 50; count += 1) {
      device.uptime += HOUR;
      expect(begin(device).status).toBe("ok");
    }
  });

  it("takes years to the end of the flash", () => {
    // The attacker resets whenever that helps, and calls the moment it may.
    let elapsed = 0;
    let boundary = ENDURANCE;
    for (const { changes, wait } of ERASE_STEPS) {
      elapsed += (boundary - changes) * wait;
      boundary = changes;
    }
    expect(elapsed).toBeGreaterThan(6 * YEAR);
  });

  it("does not end the upload that may be finished", () => {
    const device = wornDevice(10_000);
    device.uptime = HOUR;
    expect(device.upload(1, IMAGES.runtimeNext)).toBe("ok");
    device.boot();
    expect(device.names).toContain(IMAGES.runtimeNext.name);
  });

  it("is held back by the worn slot alone", () => {
    const device = wornDevice(50_000);
    expect(device.call("updateBegin", { image: 0, byteLength: 300 }).status).toBe("ok");
  });
});

describe("changing the state sectors over and over", () => {
  it("is counted in records, so that selecting to and fro is slowed down too", () => {
    const device = new CallsDevice();
    const select = (): string => device.call("select", { image: 1, slot: "a" }).status;
    for (let count = 0; count < 20; count += 1) expect(select()).toBe("ok");
    // As if by a runtime that did so for weeks: each record erases one of two sectors.
    for (let count = 0; count < 20_000; count += 1) device.log.select(0, count % 2 === 0 ? "b" : "a");
    device.chip.plan(undefined);
    expect(select()).toBe("wear-limit");
    expect(begin(device).status).toBe("wear-limit");
    expect(device.chip.operations).toEqual([]);
    device.uptime = HOUR;
    expect(select()).toBe("ok");
    expect(select()).toBe("wear-limit");
  });

  it("confirms without a write when all is confirmed", () => {
    const device = new CallsDevice();
    expect(device.upload(1, IMAGES.runtimeNext)).toBe("ok");
    device.boot();
    expect(device.call("confirm", {}).status).toBe("ok");
    device.call("confirm", {});
    device.chip.plan(undefined);
    for (let count = 0; count < 100; count += 1) expect(device.call("confirm", {}).status).toBe("ok");
    expect(device.chip.operations).toEqual([]);
  });
});

describe("a storm of failure reports", () => {
  const report = (code: number): Uint8Array =>
    encodeFailureReport({
      component: new Uint8Array(16),
      image: new Uint8Array(32),
      build: new Uint8Array(0),
      cause: { kind: "exit", code },
      heap: undefined,
      log: [],
    });

  it("writes a bounded number of times in one boot", () => {
    const device = new CallsDevice();
    device.chip.plan(undefined);
    const statuses = new Set<string>();
    for (let code = 0; code < 2000; code += 1) statuses.add(device.call("logAppend", { report: report(code) }).status);
    expect([...statuses]).toEqual(["ok", "record-refused"]);
    expect(device.chip.operations.length).toBeLessThan(400);
  });

  it("keeps the first report, and the root of trust's own", () => {
    const device = new CallsDevice();
    device.failures.report({
      component: new Uint8Array(16),
      image: new Uint8Array(32),
      build: new Uint8Array(0),
      cause: { kind: "watchdog" },
      heap: undefined,
      log: [],
    });
    for (let code = 0; code < 500; code += 1) device.call("logAppend", { report: report(code) });
    device.call("logAcknowledge", { through: 0xffffffff });
    device.boot();
    for (let code = 500; code < 1000; code += 1) device.call("logAppend", { report: report(code) });
    expect(device.reply("logRead", { after: 0 }).sequence).toBe(1);
  });
});

describe("everything else that a runtime may call", () => {
  it("writes nothing", () => {
    const device = new CallsDevice();
    device.reply("identity", {});
    device.chip.plan(undefined);
    for (let count = 0; count < 20; count += 1) {
      device.call("state", {});
      device.call("measurements", {});
      device.call("random", { byteLength: 1024 });
      device.call("seal", { plain: new Uint8Array(16) });
      device.call("unseal", { sealed: new Uint8Array(64) });
      device.call("feedWatchdog", { milliseconds: 1000 });
      device.call("applyCapability", { capability: new Uint8Array(180).fill(count) });
      device.call("logRead", { after: count });
      device.call("updateWrite", { offset: 0, data: new Uint8Array(16) });
      device.call("updateFinish", {});
    }
    expect(device.chip.operations).toEqual([]);
  });
});
