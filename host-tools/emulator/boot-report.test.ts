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
      firstLineInstructions: 300,
      ramUsedBytes: 4096,
      bootLog: [START, "free text", VERIFIED, RUNTIME, UP],
    });
  });

  it("gives no instruction numbers without counted time", () => {
    expect(follow([VERIFIED, RUNTIME, UP], false).summary()).toMatchObject({
      verifiedInstructions: null,
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

  it("tells time-out from an early end", () => {
    const late = follow([START]);
    late.stop(new EmulatorError("console-timeout", "late"));
    expect([late.outcome, late.summary().error]).toEqual(["timeout", { code: "timeout", message: "late" }]);
    const ended = follow([START]);
    ended.stop(new EmulatorError("emulator-exited", "gone"));
    expect([ended.outcome, ended.summary().error?.code]).toEqual(["failed", "emulator-exited"]);
  });
});
