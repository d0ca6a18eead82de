import { describe, expect, it } from "vitest";
import { addCounts, closingLine, countReport } from "./test-counts.ts";

function file(status: string, ...tests: string[]) {
  return { name: "x.test.ts", status, assertionResults: tests.map((test) => ({ status: test })) };
}

describe("countReport", () => {
  it("counts tests by status", () => {
    const report = {
      success: false,
      testResults: [file("failed", "passed", "failed", "skipped", "todo"), file("passed", "passed")],
    };
    expect(countReport(report)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  it("counts a file that did not load as one failure", () => {
    expect(countReport({ success: false, testResults: [file("failed")] })).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
  });

  it("counts an error outside every test as one failure", () => {
    expect(countReport({ success: false, testResults: [file("passed", "passed")] })).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });
});

describe("closingLine", () => {
  it("names skipped tests only when there are any", () => {
    expect(closingLine({ passed: 3, failed: 0, skipped: 0 })).toBe("3 passed, 0 failed");
    expect(closingLine({ passed: 3, failed: 1, skipped: 2 })).toBe("3 passed, 1 failed, 2 skipped");
  });
});

it("adds counts", () => {
  const one = { passed: 1, failed: 2, skipped: 3 };
  expect(addCounts([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
});
