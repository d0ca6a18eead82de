/**
 * `holdfast test` (`npm test`): set-up, lint, type checks, then every test; the last line counts them all.
 *
 *     lint             ok      1.9 s
 *     types (host)     ok      1.2 s
 *     types (device)   ok      0.6 s
 *     tests            ok     12.4 s
 *     312 passed, 0 failed
 */

import { join } from "node:path";
import type { Command } from "commander";
import { ensureEnvironment } from "../../setup/environment.ts";
import { runCommand } from "../../setup/run-command.ts";
import { runVitest } from "../../testing/run-vitest.ts";
import { addCounts, closingLine, type TestCounts } from "../../testing/test-counts.ts";
import type { CommandContext } from "../context.ts";
import { lintRepository } from "./lint.ts";

interface Step {
  readonly name: string;
  readonly run: () => Promise<TestCounts>;
}

/** A check that counts as one test. */
function asOneTest(ok: boolean): TestCounts {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

async function checkTypes({ output, root }: CommandContext, project: string): Promise<TestCounts> {
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const { exitCode, stdout, stderr } = await runCommand(tsc, ["-p", project], { cwd: root });
  if (exitCode !== 0) output.raw(`${stdout}${stderr}`);
  return asOneTest(exitCode === 0);
}

async function runTests(context: CommandContext, filters: readonly string[]): Promise<void> {
  const { output, root } = context;
  await ensureEnvironment(["npm", "debian", "sources", "judges"], output);
  const steps: readonly Step[] = [
    { name: "lint", run: async () => asOneTest((await lintRepository(context, { fix: false })).ok) },
    { name: "types (host)", run: () => checkTypes(context, "tsconfig.json") },
    { name: "types (device)", run: () => checkTypes(context, "tsconfig.device.json") },
    { name: "tests", run: () => runVitest(root, filters, output) },
  ];
  const results: { name: string; seconds: number; counts: TestCounts }[] = [];
  for (const { name, run } of steps) {
    output.progress(`${name} ...`);
    const started = performance.now();
    const counts = await run();
    results.push({ name, seconds: (performance.now() - started) / 1000, counts });
  }
  const total = addCounts(results.map(({ counts }) => counts));
  output.line();
  for (const { name, seconds, counts } of results) {
    const state = counts.failed === 0 ? output.colours.green("ok    ") : output.colours.red("FAILED");
    output.line(`${name.padEnd(16)} ${state} ${seconds.toFixed(1).padStart(6)} s`);
  }
  output.line(closingLine(total));
  output.result({ ...total, steps: results.map(({ name, seconds, counts }) => ({ name, seconds, ...counts })) });
  // Not by an error: its line would come after the closing line, which programs read as the last one.
  if (total.failed > 0) process.exitCode = 1;
}

export function register(program: Command, context: CommandContext): void {
  program
    .command("test")
    .description("set up what is missing, then lint, check types and run every test")
    .argument("[filters...]", "run only test files whose path contains one of these")
    .addHelpText(
      "after",
      "\nExamples:\n  npm test\n  holdfast test protocol/image\n  npm test -- hal/drivers\n  holdfast test --json\n\nAfter one run, `npx vitest` watches and re-runs unit tests.",
    )
    .action((filters: string[]) => runTests(context, filters));
}
