/** Tests of summing up a boot from its console. */
import { describe, expect, it } from "vitest";
import { BootReport } from "./boot-report.ts";
import { EmulatorError } from "./emulator-error.ts";

const digest = "1d".repeat(32);
const key = "ce".repeat(32);
const START = "holdfast rom start board=virt-a7 version=0.1.0";
const ROOT = `holdfast rom verified slot=a start=confirmed version=1.2.3+4 digest=${digest} key=${key} instructions=50`;
const VERIFIED = `holdfast root verified slot=a start=confirmed version=1.2.3+4 digest=${digest} key=${key} instructions=100`;
const RUNTIME = "holdfast runtime start instructions=200";
const UP = "holdfast app up name=thermo instructions=300 ram=4096";

function follow(lines: readonly string[], counted = true): BootReport {
  const report = new BootReport("virt-a7", counted);
  for (const line of lines) report.take(line);
  return report;
}

describe("BootReport", () => {
  it("sums a good boot up", () => {
    const report = follow([START, ROOT, "free text", VERIFIED, RUNTIME, UP, "later"]);
    expect(report.outcome).toBe("up");
    expect(report.summary()).toEqual({
      board: "virt-a7",
      device: null,
      verified: true,
      image: { version: "1.2.3+4", digest, key },
      verifiedInstructions: 100,
      runtimeStartInstructions: 200,
      firstLineInstructions: 300,
      ramUsedBytes: 4096,
      bootLog: [START, ROOT, "free text", VERIFIED, RUNTIME, UP],
    });
  });

  it("gives no instruction numbers without counted time", () => {
    expect(follow([ROOT, VERIFIED, RUNTIME, UP], false).summary()).toMatchObject({
      verifiedInstructions: null,
      runtimeStartInstructions: null,
      firstLineInstructions: null,
      ramUsedBytes: 4096,
    });
  });

  it.each<[string, string[], boolean, string]>([
    [
      "a refusal",
      [START, ROOT, "holdfast root refused slot=a code=digest-mismatch", "holdfast root stopped code=no-image"],
      false,
      "digest-mismatch",
    ],
    [
      "a refused root of trust",
      [START, "holdfast rom refused slot=a code=key-revoked", "holdfast rom stopped code=no-image"],
      false,
      "key-revoked",
    ],
    ["a root of trust that nobody verified", [START, VERIFIED], false, "unverified"],
    ["a reset", [START, ROOT, VERIFIED, RUNTIME, "holdfast root reset cause=watchdog"], true, "reset-watchdog"],
    ["an app without verification", [START, UP], false, "unverified"],
    ["a runtime without verification", [START, ROOT, RUNTIME, VERIFIED, UP], false, "unverified"],
    ["a verification that the runtime claims", [ROOT, VERIFIED, RUNTIME, VERIFIED], true, "console-protocol"],
    ["the wrong board", ["holdfast rom start board=virt-rv32 version=1"], false, "wrong-board"],
    ["a broken line", ["holdfast rom verified version=1"], false, "console-protocol"],
    ["a fault", [ROOT, VERIFIED, "holdfast fault cause=write address=0x10 region=code pc=0x20"], true, "fault"],
    [
      "a fault with details",
      [
        START,
        `holdfast fault cause=undefined address=0x10 region=code pc=0x10 lr=0x1 status=0x2 access=execute detail=none role=rom`,
      ],
      false,
      "fault",
    ],
    ["a stopped boot ROM", [START, "holdfast rom stopped code=out-of-memory"], false, "out-of-memory"],
    ["a boot ROM that ends", [START, "holdfast rom ended"], false, "rom-ended"],
    [
      "a refused archive",
      [ROOT, VERIFIED, "holdfast runtime refused code=archive-root-mismatch"],
      true,
      "archive-root-mismatch",
    ],
    [
      "a stopped runtime",
      [ROOT, VERIFIED, RUNTIME, "holdfast runtime stopped code=unhandled-exception"],
      true,
      "unhandled-exception",
    ],
    ["a runtime that ends", [ROOT, VERIFIED, RUNTIME, "holdfast runtime ended"], true, "runtime-ended"],
    ["a failed app", [ROOT, VERIFIED, RUNTIME, "holdfast app failed message=TypeError: no"], true, "app-failed"],
  ])("fails for %s", (_, lines, verified, code) => {
    const report = follow(lines);
    expect(report.outcome).toBe("failed");
    expect(report.summary()).toMatchObject({ verified, error: { code }, firstLineInstructions: null });
  });

  it("keeps the stack of a failed app and nothing after it", () => {
    const { bootLog } = follow([
      ROOT,
      VERIFIED,
      "holdfast app failed message=x",
      "    at run (app.ts:3)",
      "other",
    ]).summary();
    expect(bootLog.slice(2)).toEqual(["holdfast app failed message=x", "    at run (app.ts:3)"]);
  });

  it("takes the words and the frames that follow a stop into its report", () => {
    const stopped = "holdfast rom stopped code=unhandled-exception";
    const { error, bootLog } = follow([stopped, "RangeError: no", "    at boot (main.ts:3)", "other"]).summary();
    expect(error).toEqual({
      code: "unhandled-exception",
      message: "the boot ROM stopped: unhandled-exception: RangeError: no",
    });
    expect(bootLog).toEqual([stopped, "RangeError: no", "    at boot (main.ts:3)"]);
  });

  it("tells that the runtime stopped after the app came up", () => {
    const stopped = "holdfast runtime stopped code=unhandled-exception";
    const report = follow([
      ROOT,
      VERIFIED,
      RUNTIME,
      UP,
      "text of the app",
      stopped,
      "RangeError: no",
      "    at a (b.ts:1)",
    ]);
    expect(report.outcome).toBe("failed");
    expect(report.summary()).toMatchObject({
      verified: true,
      firstLineInstructions: 300,
      bootLog: [ROOT, VERIFIED, RUNTIME, UP, stopped, "RangeError: no", "    at a (b.ts:1)"],
      error: { code: "unhandled-exception", message: "the runtime stopped: unhandled-exception: RangeError: no" },
    });
  });

  it.each(["holdfast root refused slot=a code=x", VERIFIED, "holdfast is great", "holdfast runtime ended"])(
    "lets an app that is up print %j",
    (line) => {
      const report = follow([ROOT, VERIFIED, RUNTIME, UP, line]);
      expect(report.outcome).toBe("up");
      expect(report.summary()).not.toHaveProperty("error");
    },
  );

  it("keeps the registers of a fault and no structured line after it", () => {
    const fault = "holdfast fault cause=write address=0x10 region=code pc=0x20";
    const { error, bootLog } = follow([ROOT, VERIFIED, fault, "  r0=0x1 r1=0x2", UP]).summary();
    expect(error?.code).toBe("fault");
    expect(bootLog).toEqual([ROOT, VERIFIED, fault, "  r0=0x1 r1=0x2"]);
  });

  it("takes a refused slot for no failure when the other one starts", () => {
    const report = follow([START, ROOT, "holdfast root refused slot=b code=digest-mismatch", VERIFIED, RUNTIME, UP]);
    expect(report.outcome).toBe("up");
  });

  it("tells which device it was", () => {
    const identity = `holdfast rom identity device=${digest}`;
    expect(follow([START, identity, ROOT]).summary().device).toBe(digest);
  });

  it("tells time-out from an early end", () => {
    const late = follow([START]);
    late.stop(new EmulatorError("console-timeout", "late"));
    expect([late.outcome, late.summary().error]).toEqual(["timeout", { code: "timeout", message: "late" }]);
    const ended = follow([START]);
    ended.stop(new EmulatorError("emulator-exited", "gone"));
    expect([ended.outcome, ended.summary().error?.code]).toEqual(["failed", "emulator-exited"]);
  });
});
