/** Runs Vitest in a process group of its own, and ends the whole group afterwards, emulators of failed tests included. */

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Output } from "../cli/output.ts";
import { countReport, type TestCounts, type VitestReport } from "./test-counts.ts";

/** The group may be gone already, which is what we want. */
function endGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Runs the test files whose path contains one of `filters`, or all. Shows Vitest's own report as it comes, unless `quiet`.
 * @returns the counts; one failure when Vitest ended without a readable report, or failed without saying which test
 */
export async function runVitest(
  root: string,
  filters: readonly string[],
  output: Output,
  options: { readonly quiet?: boolean } = {},
): Promise<TestCounts> {
  const report = join(root, "build", "test-report.json");
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...filters];
  const colour = output.isTerminal ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
  // Standard output stays free for the one JSON object with --json.
  const child = spawn(process.execPath, args, {
    cwd: root,
    detached: true,
    env: { ...process.env, ...colour },
    stdio: options.quiet ? "ignore" : ["ignore", output.json ? 2 : 1, 2],
  });
  const leader = child.pid;
  if (leader === undefined) throw new Error(`expected Vitest to start from ${vitest}, found no process`);
  // Ctrl-C reaches only our own group, so it is passed on before this process ends as it would have.
  const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const handler = () => {
      endGroup(leader, "SIGKILL");
      process.exit(signal === "SIGINT" ? 130 : 143);
    };
    process.once(signal, handler);
    return { signal, handler };
  });
  const exitCode = await new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 128)));
  endGroup(leader, "SIGKILL");
  for (const { signal, handler } of handlers) process.removeListener(signal, handler);
  return countRun(report, exitCode, output);
}

function countRun(reportPath: string, exitCode: number, output: Output): TestCounts {
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(reportPath, "utf8"));
  } catch {
    output.progress(`expected Vitest to write ${reportPath}, found exit code ${exitCode} and no report`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const counts = countReport(report);
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}
