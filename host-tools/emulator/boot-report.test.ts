/** Tests of summing up a boot from its console. */
import { describe, expect, it } from "vitest";
import { BootReport } from "./boot-report.ts";
import { EmulatorError } from "./emulator-error.ts";

const digest = "1d".repeat(32);
const key = "ce".repeat(32);
const START = "holdfast boot start board=virt-a7 version=0.1.0";
const VERIFIED = `holdfast boot verified version=1.2.3+4 digest=${digest} key=${key} instructions=100`;
const RUNTIME = "holdfast runtime start instructions=200";
const UP = "holdfast app up name=thermo instructions=300 ram=4096";

function follow(lines: readonly string[], counted = true): BootReport {
  const report = new BootReport("virt-a7", counted);
  for (const line of lines) report.take(line);
  return report;
}

describe("BootReport", () => {
  it("sums a good boot up", () => {
    const report = follow([START, "free text", VERIFIED, RUNTIME, UP, "later"]);
    expect(report.outcome).toBe("up");
    expect(report.summary()).toEqual({
      board: "virt-a7",
      verified: true,
      image: { version: "1.2.3+4", digest, key },
      verifiedInstructions: 100,
      runtimeStartInstructions: 200,
      firstLineInstructions: 300,
      ramUsedBytes: 4096,
      bootLog: [START, "free text", VERIFIED, RUNTIME, UP],
    });
  });

  it("gives no instruction numbers without counted time", () => {
    expect(follow([VERIFIED, RUNTIME, UP], false).summary()).toMatchObject({
      verifiedInstructions: null,
      runtimeStartInstructions: null,
      firstLineInstructions: null,
      ramUsedBytes: 4096,
    });
  });

  it.each<[string, string[], boolean, string]>([
    ["a refusal", [START, "holdfast boot refused code=hash-mismatch detail=expected_a_b"], false, "hash-mismatch"],
    ["an app without verification", [START, UP], false, "unverified"],
    ["a runtime without verification", [START, RUNTIME, VERIFIED, UP], false, "unverified"],
    ["a verification that the runtime claims", [VERIFIED, RUNTIME, VERIFIED], true, "console-protocol"],
    ["the wrong board", ["holdfast boot start board=virt-rv32 version=1"], false, "wrong-board"],
    ["a broken line", ["holdfast boot verified version=1"], false, "console-protocol"],
    ["a fault", [VERIFIED, "holdfast fault cause=write address=0x10 region=code pc=0x20"], true, "fault"],
    [
      "a fault with details",
      [
        START,
        `holdfast fault cause=undefined address=0x10 region=code pc=0x10 lr=0x1 status=0x2 access=execute detail=none role=boot`,
      ],
      false,
      "fault",
    ],
    ["a stopped boot stage", [START, "holdfast boot stopped code=out-of-memory"], false, "out-of-memory"],
    ["a boot stage that ends", [START, "holdfast boot ended"], false, "boot-ended"],
    [
      "a refused archive",
      [VERIFIED, "holdfast runtime refused code=archive-root-mismatch"],
      true,
      "archive-root-mismatch",
    ],
    [
      "a stopped runtime",
      [VERIFIED, RUNTIME, "holdfast runtime stopped code=unhandled-exception"],
      true,
      "unhandled-exception",
    ],
    ["a runtime that ends", [VERIFIED, RUNTIME, "holdfast runtime ended"], true, "runtime-ended"],
    ["a failed app", [VERIFIED, RUNTIME, "holdfast app failed message=TypeError: no"], true, "app-failed"],
  ])("fails for %s", (_, lines, verified, code) => {
    const report = follow(lines);
    expect(report.outcome).toBe("failed");
    expect(report.summary()).toMatchObject({ verified, error: { code }, firstLineInstructions: null });
  });

  it("keeps the stack of a failed app and nothing after it", () => {
    const { bootLog } = follow([VERIFIED, "holdfast app failed message=x", "    at run (app.ts:3)", "other"]).summary();
    expect(bootLog.slice(1)).toEqual(["holdfast app failed message=x", "    at run (app.ts:3)"]);
  });

  it("takes the words and the frames that follow a stop into its report", () => {
    const stopped = "holdfast boot stopped code=unhandled-exception";
    const { error, bootLog } = follow([stopped, "RangeError: no", "    at boot (main.ts:3)", "other"]).summary();
    expect(error).toEqual({
      code: "unhandled-exception",
      message: "the boot stage stopped: unhandled-exception: RangeError: no",
    });
    expect(bootLog).toEqual([stopped, "RangeError: no", "    at boot (main.ts:3)"]);
  });

  it("tells that the runtime stopped after the app came up", () => {
    const stopped = "holdfast runtime stopped code=unhandled-exception";
    const report = follow([VERIFIED, RUNTIME, UP, "text of the app", stopped, "RangeError: no", "    at a (b.ts:1)"]);
    expect(report.outcome).toBe("failed");
    expect(report.summary()).toMatchObject({
      verified: true,
      firstLineInstructions: 300,
      bootLog: [VERIFIED, RUNTIME, UP, stopped, "RangeError: no", "    at a (b.ts:1)"],
      error: { code: "unhandled-exception", message: "the runtime stopped: unhandled-exception: RangeError: no" },
    });
  });

  it.each(["holdfast boot refused code=x detail=y", VERIFIED, "holdfast is great", "holdfast runtime ended"])(
    "lets an app that is up print %j",
    (line) => {
      const report = follow([VERIFIED, RUNTIME, UP, line]);
      expect(report.outcome).toBe("up");
      expect(report.summary()).not.toHaveProperty("error");
    },
  );

  it("keeps the registers of a fault and no structured line after it", () => {
    const fault = "holdfast fault cause=write address=0x10 region=code pc=0x20";
    const { error, bootLog } = follow([VERIFIED, fault, "  r0=0x1 r1=0x2", UP]).summary();
    expect(error?.code).toBe("fault");
    expect(bootLog).toEqual([VERIFIED, fault, "  r0=0x1 r1=0x2"]);
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
