/**
 * `holdfast bench` (`npm run bench`): what each board needs of flash, RAM and instructions.
 *
 *     $ npm run bench -- --board virt-rv32
 *     counting virt-rv32: boot
 *     counting virt-rv32: benchmarks
 *                                      unit          virt-rv32
 *     flash of the boot stage          bytes           542,144
 *     ...
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type BoardMeasurements, measureBoard } from "../../bench/measure.ts";
import { PAGE_PATH, renderMeasurements } from "../../bench/measurements-page.ts";
import { boardNames } from "../../build/board.ts";
import { replaceFile } from "../../build/replace-file.ts";
import { ensureEnvironment } from "../../setup/environment.ts";
import { type CommandContext, CommandError } from "../context.ts";

interface BenchOptions {
  readonly board?: string;
  readonly write?: boolean;
}

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  program
    .command("bench")
    .description("measure flash, RAM and instructions of the emulated boards")
    .option("--board <name>", "board to measure (default: all)")
    .option("--write", `write ${PAGE_PATH} (all boards)`)
    .addHelpText(
      "after",
      `\nExamples:\n  npm run bench\n  holdfast bench --board virt-a7 --json\n  npm run bench -- --write\n\nExit codes: 0 measured, 1 two equal runs counted differently, 2 something is wrong with the sources or the set-up.`,
    )
    .action((options: BenchOptions) => bench(options, context));
}

async function bench(options: BenchOptions, { output, root }: CommandContext): Promise<void> {
  if (options.write === true && options.board !== undefined)
    throw new CommandError("usage", `expected --write without --board, since ${PAGE_PATH} is about all boards`);
  await ensureEnvironment(["npm", "debian", "sources"], output);
  const progress = (text: string): void => output.progress(text);
  const boards: BoardMeasurements[] = [];
  for (const board of options.board === undefined ? boardNames(root) : [options.board])
    boards.push(await measureBoard({ root, board, progress }).catch(notRepeatable));
  const page = renderMeasurements(boards);
  output.line(page);
  if (options.write === true) {
    const path = join(root, PAGE_PATH);
    const changed = !existsSync(path) || readFileSync(path, "utf8") !== page;
    if (changed) replaceFile(path, page);
    output.progress(`${PAGE_PATH} ${changed ? "written" : "is up to date"}`);
  }
  output.result({ boards });
}

/** That a count is not repeatable is a failed check, everything else a broken set-up. */
function notRepeatable(error: unknown): never {
  if (error instanceof Error && (error as { code?: unknown }).code === "not-repeatable")
    throw new CommandError("not-repeatable", error.message, 1);
  throw error;
}
