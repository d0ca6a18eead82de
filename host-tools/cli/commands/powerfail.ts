/**
 * `holdfast powerfail` (`npm run powerfail`): cuts the power inside every write and erase of slots, crash log and lifecycle.
 *
 *     SCENARIO         SINGLE   PAIRS  LIVES  BOOTS  OPERATIONS  READS  VIOLATIONS
 *     update             1060     639      0      2           6     53           0
 *     ...
 *     26789 cuts in 8.7 s with seed 1, at most 2 boots until a confirmed image ran, no violation
 */

import { type Command, InvalidArgumentError } from "commander";
import type { PowerfailReport } from "../../powerfail/report.ts";
import { runSimulator } from "../../powerfail/simulator.ts";
import { type CommandContext, CommandError } from "../context.ts";
import type { Column, Output } from "../output.ts";

interface CommandLine {
  readonly long?: boolean;
  readonly seconds?: number;
  readonly seed: number;
  readonly scenario?: string[];
  readonly unit?: number[];
}

const DEFAULT_SEED = 1;
const PROGRESS_MILLISECONDS = 2000;
const UNITS: readonly number[] = [4, 8, 16];
const CASES_PER_LINE = 1000;

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  program
    .command("powerfail")
    .description("cut the power inside every write and erase of slots, crash log and lifecycle, and see what boots")
    .option(
      "--long",
      "all pairs of cuts on all write units and many random lives, a million cuts or more: some minutes",
    )
    .option("--seconds <number>", "end after this time", positiveNumber)
    .option("--seed <number>", "repeat the run with this seed", wholeNumber, DEFAULT_SEED)
    .option("--scenario <name>", "run only this one; may be given again", append)
    .option("--unit <bytes>", "write unit of the flash, 4, 8 or 16; may be given again", appendUnit)
    .addHelpText(
      "after",
      "\nExamples:\n  npm run powerfail\n  npm run powerfail -- --long\n  holdfast powerfail --scenario update --scenario lives --seconds 30\n  holdfast powerfail --json | jq .cases\n\nExit codes: 0 no violation, 1 violations, 2 usage.",
    )
    .action((options: CommandLine) => run(context, options));
}

async function run({ output, root }: CommandContext, options: CommandLine): Promise<void> {
  const { long = false, seconds, seed, scenario, unit } = options;
  const request = { isLong: long, seed, seconds, scenarios: scenario, units: unit };
  let said = performance.now();
  let report: PowerfailReport;
  try {
    report = await runSimulator(root, request, (name, cases) => {
      const now = performance.now();
      if (!output.isTerminal || now - said < PROGRESS_MILLISECONDS) return;
      said = now;
      output.progress(`${name}: ${Math.floor(cases / CASES_PER_LINE)} thousand cuts so far`);
    });
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError("usage", error.message, 2);
    throw error;
  }
  show(output, report);
  output.result(report);
  if (report.violations > 0) {
    throw new CommandError("powerfail", `expected no violation, found ${report.violations} in ${report.cases} cuts`, 1);
  }
}

const columns: readonly Column[] = [
  { title: "SCENARIO" },
  { title: "SINGLE", align: "right" },
  { title: "PAIRS", align: "right" },
  { title: "LIVES", align: "right" },
  { title: "BOOTS", align: "right" },
  { title: "OPERATIONS", align: "right" },
  { title: "READS", align: "right" },
  { title: "VIOLATIONS", align: "right" },
];

function show(output: Output, report: PowerfailReport): void {
  output.table(
    columns,
    report.scenarios.map((row) => [
      row.name,
      ...[row.singleCuts, row.pairCuts, row.lifeCuts].map(String),
      row.worstBoots === 0 ? "-" : String(row.worstBoots),
      ...[row.worstOperations, row.worstReads, row.violations].map(String),
    ]),
  );
  for (const { scenario, unit, seed, cuts, message } of report.examples) {
    output.line();
    output.line(`${output.colours.red("violation")} in ${scenario}, unit ${unit}, seed ${seed}: ${message}`);
    for (const cut of cuts) output.line(`    ${cut}`);
  }
  const { cases, seconds, seed, worstBoots, violations } = report;
  const outcome = violations === 0 ? "no violation" : `${violations} violations`;
  // Lives say nothing of it: they go on before a device has come to rest.
  const boots = worstBoots === 0 ? "" : `at most ${worstBoots} boots until a confirmed image ran, `;
  output.line(`${cases} cuts in ${seconds.toFixed(1)} s with seed ${seed}, ${boots}${outcome}`);
}

function append(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function appendUnit(value: string, before: number[] | undefined): number[] {
  const unit = Number(value);
  if (!UNITS.includes(unit)) throw new InvalidArgumentError(`expected ${UNITS.join(", ")}, found ${value}`);
  return [...(before ?? []), unit];
}

function positiveNumber(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError(`expected a number above 0, found ${value}`);
  return number;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0)
    throw new InvalidArgumentError(`expected a whole number, found ${value}`);
  return number;
}
