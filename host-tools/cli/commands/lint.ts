/**
 * `holdfast lint` (`npm run lint`): format, general mistakes, and what device code must not do.
 *
 *     hal/drivers/uart/pl011.ts:12: expected const at module level, found let: ... (no-module-state)
 */

import type { Command } from "commander";
import { formatFinding } from "../../lint/finding.ts";
import { checkRepository, runBiome } from "../../lint/lint.ts";
import { type CommandContext, CommandError } from "../context.ts";

/** Runs the whole lint and prints what it finds. @returns the number of our own findings and whether Biome is content */
export async function lintRepository(
  { output, root }: CommandContext,
  options: { fix: boolean },
): Promise<{ ok: boolean; findings: number; biomeOk: boolean }> {
  const biome = await runBiome(root, { fix: options.fix, colour: output.isTerminal });
  if (!biome.ok) output.raw(`${biome.report}\n`);
  const findings = checkRepository(root);
  for (const finding of findings) output.raw(`${formatFinding(finding)}\n`);
  return { ok: biome.ok && findings.length === 0, findings: findings.length, biomeOk: biome.ok };
}

export function register(program: Command, context: CommandContext): void {
  program
    .command("lint")
    .description("check format, general mistakes and the rules for device code")
    .option("--fix", "format and mend what can be mended without changing meaning")
    .addHelpText(
      "after",
      "\nExamples:\n  holdfast lint\n  holdfast lint --fix\n\nA rule of ours is set aside by `// lint-allow <rule>: <reason>` on the line before.",
    )
    .action(async (options: { fix?: boolean }) => {
      const outcome = await lintRepository(context, { fix: options.fix ?? false });
      context.output.result(outcome);
      if (!outcome.ok) {
        const biome = outcome.biomeOk ? "" : " and Biome's report above";
        throw new CommandError("lint", `expected no findings, found ${outcome.findings}${biome}`, 1);
      }
      context.output.line("lint: no findings");
    });
}
