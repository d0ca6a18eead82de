/** Measures a linked image against its board: where everything lies, what it costs, whether a budget breaks. */

import type { Board, ImageRole } from "./board.ts";
import { BoardError } from "./board-error.ts";
import { hex } from "./board-fields.ts";
import { type Elf, readElf } from "./elf.ts";
import { imageRegion, payloadByteLength, type Slot } from "./linker-script.ts";

/** One line of the table: a part of the image and where it is at run time. */
export interface MapPart {
  readonly part:
    | "header"
    | "text"
    | "constants"
    | "initial data"
    | "archive"
    | "stack"
    | "page tables"
    | "data"
    | "bss"
    | "arena";
  /** Region or partition name from board.json. */
  readonly region: string;
  readonly base: number;
  readonly byteLength: number;
}

/** All numbers are bytes. */
export interface MemoryMap {
  readonly board: string;
  readonly role: ImageRole;
  readonly parts: readonly MapPart[];
  /** Header, code, initial data and archive. */
  readonly flashUsed: number;
  readonly flashBudget: number;
  /** Stack, page tables, data and bss, and the image itself where it is copied to RAM. */
  readonly ramUsed: number;
  /** What is left for XS machines. */
  readonly arena: number;
  readonly ramBudget: number;
}

/**
 * @param elf The linked image.
 * @param archiveByteLength Archive that the build appends to the payload.
 * @throws BoardError when the file is no image of ours, or with code `board-budget-exceeded`.
 */
export function memoryMap(
  board: Board,
  role: ImageRole,
  elf: Uint8Array,
  archiveByteLength: number,
  slot: Slot = "a",
): MemoryMap {
  const { symbols } = readElf(elf);
  const at = (name: string) => symbolValue(symbols, name);
  const layout = board.roles[role];
  const image = imageRegion(board, role, slot).name;
  const part = (name: MapPart["part"], region: string, base: number, end: number): MapPart => ({
    part: name,
    region,
    base,
    byteLength: end - base,
  });
  const start = at("_image_start");
  const parts = [
    part("header", image, start - layout.headerByteLength, start),
    part("text", image, at("_text_start"), at("_etext")),
    part("constants", image, at("_rodata_start"), at("_rodata_end")),
    part("initial data", image, at("_data_load"), at("_image_end")),
    part("archive", image, at("_image_end"), at("_image_end") + archiveByteLength),
    part("stack", layout.ram.name, at("_stack_bottom"), at("_stack_top")),
    part("page tables", layout.ram.name, at("_page_tables_start"), at("_page_tables_end")),
    part("data", layout.ram.name, at("_data_start"), at("_data_end")),
    part("bss", layout.ram.name, at("_bss_start"), at("_bss_end")),
    part("arena", layout.ram.name, at("_arena_start"), at("_arena_end")),
  ];
  const flashUsed = layout.headerByteLength + (at("_image_end") - start) + archiveByteLength;
  const map: MemoryMap = {
    board: board.name,
    role,
    parts: parts.filter((each) => each.byteLength > 0),
    flashUsed,
    flashBudget: payloadByteLength(board, role, slot) + layout.headerByteLength,
    ramUsed: at("_ram_used") + (layout.execution === "copied" ? flashUsed : 0),
    arena: at("_arena_end") - at("_arena_start"),
    ramBudget: board.budgets[role].ramByteLength,
  };
  checkBudgets(map);
  return map;
}

/** The map as a table for people, one part a line, budgets last. */
export function renderMemoryMap(map: MemoryMap): string {
  const rows = map.parts.map(({ part, region, base, byteLength }) => [
    part,
    region,
    `${hex(base)}..${hex(base + byteLength - 1)}`,
    byteLength.toLocaleString("en-US"),
  ]);
  const header = ["part", "region", "addresses", "bytes"];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ");
  return [
    `${map.board} ${map.role}`,
    line(header),
    ...rows.map(line),
    `flash ${share(map.flashUsed, map.flashBudget)}`,
    `RAM   ${share(map.ramUsed, map.ramBudget)}, arena ${map.arena.toLocaleString("en-US")}`,
  ].join("\n");
}

function checkBudgets(map: MemoryMap): void {
  for (const [what, used, budget] of [
    ["flash", map.flashUsed, map.flashBudget],
    ["RAM", map.ramUsed + map.arena, map.ramBudget],
  ] as const) {
    if (used > budget) {
      throw new BoardError(
        "board-budget-exceeded",
        `expected at most ${budget} bytes of ${what}, found ${used} (${used - budget} too many), in the ${map.role} image of ${map.board}`,
      );
    }
  }
}

function share(used: number, budget: number): string {
  const percent = ((100 * used) / budget).toFixed(1);
  return `${used.toLocaleString("en-US")} of ${budget.toLocaleString("en-US")} (${percent} %)`;
}

function symbolValue(symbols: Elf["symbols"], name: string): number {
  const value = symbols.get(name);
  if (value === undefined) {
    throw new BoardError(
      "image-symbol-missing",
      `expected a symbol ${name} from our linker script, found none, in the linked image`,
    );
  }
  return value;
}
