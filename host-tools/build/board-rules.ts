/** Rules that tie the parts of a board description together: no overlap, alignment, budgets. */

import { type Board, IMAGE_ROLES, type Range } from "./board.ts";
import { BoardError } from "./board-error.ts";
import { hex } from "./board-fields.ts";

/** @throws BoardError naming the first rule that the board breaks. */
export function checkBoard(board: Board): void {
  for (const [path, ranges] of [
    ["board.memory", board.memory],
    ["board.flash", board.flash],
    ["board.partitions", board.partitions],
    ["board.devices", board.devices],
  ] as const) {
    checkNames(ranges, path);
    checkApart(ranges, path);
  }
  checkApart([...board.memory, ...board.flash], "board.memory and board.flash");
  checkFlash(board);
  checkPages(board);
  checkRoles(board);
}

function checkNames(ranges: readonly Range[], path: string): void {
  const seen = new Set<string>();
  for (const { name } of ranges) {
    if (seen.has(name))
      throw new BoardError("board-bad-value", `expected distinct names, found "${name}" twice, at ${path}`);
    seen.add(name);
  }
}

function checkApart(ranges: readonly Range[], path: string): void {
  const sorted = [...ranges].sort((left, right) => left.base - right.base);
  sorted.forEach((range, index) => {
    if (range.byteLength === 0 || range.base + range.byteLength > 2 ** 32) {
      throw new BoardError("board-bad-value", `expected 1 byte or more below 4 GiB, found ${show(range)}, at ${path}`);
    }
    const next = sorted[index + 1];
    if (next !== undefined && range.base + range.byteLength > next.base) {
      throw new BoardError(
        "board-overlap",
        `expected ranges apart, found ${show(range)} over ${show(next)}, at ${path}`,
      );
    }
  });
}

function checkFlash(board: Board): void {
  for (const bank of board.flash) {
    if (bank.budgetByteLength > bank.fileByteLength) {
      throw new BoardError(
        "board-bad-value",
        `expected at most ${hex(bank.fileByteLength)}, found ${hex(bank.budgetByteLength)}, at board.flash.${bank.name}.budgetByteLength`,
      );
    }
    for (const partition of board.partitions.filter((each) => each.bank === bank.name)) {
      if (partition.offset % bank.sectorByteLength !== 0 || partition.byteLength % bank.sectorByteLength !== 0) {
        throw new BoardError(
          "board-bad-value",
          `expected whole sectors of ${hex(bank.sectorByteLength)}, found ${show(partition)}, at board.partitions`,
        );
      }
      if (partition.offset + partition.byteLength > bank.budgetByteLength) {
        throw new BoardError(
          "board-bad-value",
          `expected an end at or below ${hex(bank.base + bank.budgetByteLength)}, found ${show(partition)}, at board.partitions`,
        );
      }
    }
  }
  const used = board.partitions.reduce((sum, partition) => sum + partition.byteLength, 0);
  if (used > board.budgets.total.flashByteLength) {
    throw new BoardError(
      "board-budget-exceeded",
      `expected at most ${hex(board.budgets.total.flashByteLength)} bytes of flash, found ${hex(used)}, at board.partitions`,
    );
  }
}

function checkPages(board: Board): void {
  for (const region of board.memory) {
    if (region.base % board.cpu.pageByteLength !== 0 || region.byteLength % board.cpu.pageByteLength !== 0) {
      throw new BoardError(
        "board-bad-value",
        `expected multiples of ${hex(board.cpu.pageByteLength)}, found ${show(region)}, at board.memory`,
      );
    }
  }
}

function checkRoles(board: Board): void {
  for (const name of IMAGE_ROLES) {
    const role = board.roles[name];
    if (!role.ram.roles.includes(name)) {
      throw new BoardError(
        "board-bad-value",
        `expected a region of role ${name}, found "${role.ram.name}", at board.roles.${name}.ram`,
      );
    }
    if (role.stackByteLength % 16 !== 0 || role.stackByteLength >= role.ram.byteLength) {
      throw new BoardError(
        "board-bad-value",
        `expected a multiple of 16 below ${hex(role.ram.byteLength)}, found ${hex(role.stackByteLength)}, at board.roles.${name}.stackByteLength`,
      );
    }
    if (role.headerByteLength % board.cpu.pageByteLength !== 0) {
      throw new BoardError(
        "board-bad-value",
        `expected a multiple of ${hex(board.cpu.pageByteLength)}, found ${hex(role.headerByteLength)}, at board.roles.${name}.headerByteLength`,
      );
    }
  }
}

function show(range: Range): string {
  return `${range.name} ${hex(range.base)}..${hex(range.base + range.byteLength - 1)}`;
}
