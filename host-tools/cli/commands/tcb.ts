/**
 * `holdfast tcb` (`npm run tcb`): how much code must be right for a device to be secure, against a written budget.
 *
 *     $ npm run tcb -- --board virt-a7
 *     virt-a7           files   lines    bytes
 *     rom  TypeScript      42   3,210   31,024
 *     ...
 */
import { join } from "node:path";
import type { Command } from "commander";
import { boardNames } from "../../build/board.ts";
import { buildBoard } from "../../build/build.ts";
import { ensureEnvironment } from "../../setup/environment.ts";
import { BUDGET_PATH, overBudget, readBudget, STAGES } from "../../tcb/budget.ts";
import { type BoardCount, countBoard } from "../../tcb/count-board.ts";
import { ORIGINS } from "../../tcb/count-stage.ts";
import { type CommandContext, CommandError } from "../context.ts";
import type { Column, Output } from "../output.ts";
import { signingKeys } from "./build.ts";

interface TcbOptions {
  readonly board?: string;
}

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  program
    .command("tcb")
    .description("count the trusted computing base against its budget")
    .option("--board <name>", "board to count (default: all)")
    .addHelpText(
      "after",
      `\nExamples:\n  npm run tcb\n  holdfast tcb --board virt-rv32 --json\n\nLines are those of every file of which a byte is linked, without blank lines and comments.\nThe budget is ${BUDGET_PATH}.\n\nExit codes: 0 inside the budget, 1 above it, 2 something is wrong with the sources or the set-up.`,
    )
    .action((options: TcbOptions) => tcb(options, context));
}

async function tcb(options: TcbOptions, { output, root }: CommandContext): Promise<void> {
  const names = options.board === undefined ? boardNames(root) : [options.board];
  await ensureEnvironment(["npm", "debian", "sources"], output);
  const progress = (text: string): void => output.progress(text);
  const budget = readBudget(join(root, BUDGET_PATH), names);
  const keys = signingKeys(root, [], progress);
  const boards: Record<string, BoardCount> = {};
  for (const board of names) {
    const count = countBoard(root, await buildBoard({ root, board, keys, progress }));
    boards[board] = count;
    printBoard(output, board, count);
  }
  const exceeded = names.flatMap((board) =>
    STAGES.flatMap((stage) => {
      const [count, limits] = [boards[board]?.[stage], budget[board]?.[stage]];
      return count === undefined || limits === undefined ? [] : overBudget(board, stage, count, limits);
    }),
  );
  output.result({ boards, budget, exceeded });
  for (const line of exceeded) output.warn(line);
  if (exceeded.length > 0)
    throw new CommandError("over-budget", `${exceeded[0]} (${exceeded.length} in all; ${BUDGET_PATH})`, 1);
}

function printBoard(output: Output, board: string, count: BoardCount): void {
  const number = (value: number): string => value.toLocaleString("en");
  const columns: readonly Column[] = [
    { title: board },
    { title: "part" },
    { title: "files", align: "right" },
    { title: "lines", align: "right" },
    { title: "bytes", align: "right" },
  ];
  const rows = STAGES.flatMap((stage) => {
    const { parts, imageBytes, dataBytes } = count[stage];
    return [
      ...ORIGINS.map((origin) => {
        const { files, lines, bytes } = parts[origin];
        return [stage, origin, number(files), number(lines), number(bytes)];
      }),
      [stage, "image", "", "", number(imageBytes)],
      [stage, "data and bss", "", "", number(dataBytes)],
    ];
  });
  output.table(columns, rows);
  output.line();
}
