/**
 * `holdfast board list`: the boards that can be built for.
 *
 *     NAME       CPU          EMULATOR             FLASH     RAM      DESCRIPTION
 *     virt-a7    armv7-a      qemu-system-arm     16.0 MiB  4.0 MiB   QEMU virt machine with TrustZone ...
 */

import type { Command } from "commander";
import { boardNames, loadBoard } from "../../build/board.ts";
import type { CommandContext } from "../context.ts";
import { formatByteLength } from "../output.ts";

/** What scripts get for one board; lengths in bytes are the budgets that a product must stay within. */
export interface BoardSummary {
  readonly name: string;
  readonly description: string;
  readonly cpu: string;
  readonly emulator: string;
  readonly flashBytes: number;
  readonly ramBytes: number;
}

/** Reads every board of the repository. @throws BoardError for the first one that is wrong */
export function summarizeBoards(root: string): readonly BoardSummary[] {
  return boardNames(root).map((name) => {
    const board = loadBoard(root, name);
    return {
      name: board.name,
      description: board.description,
      cpu: board.cpu.arch,
      emulator: board.emulator.command,
      flashBytes: board.budgets.total.flashByteLength,
      ramBytes: board.budgets.total.ramByteLength,
    };
  });
}

export function register(program: Command, context: CommandContext): void {
  const board = program.command("board").description("look at the supported boards");
  board
    .command("list")
    .description("list the boards with their budgets")
    .addHelpText("after", "\nExamples:\n  holdfast board list\n  holdfast board list --json | jq -r '.boards[].name'")
    .action(() => {
      const boards = summarizeBoards(context.root);
      context.output.table(
        [
          { title: "NAME" },
          { title: "CPU" },
          { title: "EMULATOR" },
          { title: "FLASH", align: "right" },
          { title: "RAM", align: "right" },
          { title: "DESCRIPTION" },
        ],
        boards.map(({ name, cpu, emulator, flashBytes, ramBytes, description }) => [
          name,
          cpu,
          emulator,
          formatByteLength(flashBytes),
          formatByteLength(ramBytes),
          description,
        ]),
      );
      context.output.result({ boards });
    });
}
