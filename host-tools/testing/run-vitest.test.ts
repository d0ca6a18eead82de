import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Output } from "../cli/output.ts";
import { runVitest } from "./run-vitest.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-vitest-"));
  symlinkSync(join(import.meta.dirname, "..", "..", "node_modules"), join(root, "node_modules"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Quiet, so that the inner run's failures are not read as failures of this run. */
function run() {
  const silent = { write: () => true };
  return runVitest(root, [], new Output({ json: false, out: silent, error: silent }), { quiet: true });
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    // A zombie still answers; only its state tells that it has ended.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${processId}/status`, "utf8"));
  } catch {
    return false;
  }
}

it("ends what a failed test left running", async () => {
  writeFileSync(
    join(root, "left.test.ts"),
    `import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
it("leaves a process", () => {
  const child = spawn("sleep", ["300"], { stdio: "ignore" });
  child.unref();
  writeFileSync(${JSON.stringify(join(root, "left"))}, String(child.pid));
  expect(1).toBe(2);
});
it("passes", () => {});
`,
  );
  expect(await run()).toEqual({ passed: 1, failed: 1, skipped: 0 });
  const left = Number(readFileSync(join(root, "left"), "utf8"));
  await expect.poll(() => isAlive(left)).toBe(false);
});

it("counts a run without tests as failed", async () => {
  expect(await run()).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
