import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { summarizeBoards } from "./board.ts";

it("lists every board of the repository with its budgets in bytes", () => {
  const boards = summarizeBoards(join(import.meta.dirname, "..", "..", ".."));
  expect(boards).toContainEqual(
    expect.objectContaining({
      name: "virt-a7",
      emulator: "qemu-system-arm",
      flashBytes: 16 * 1024 * 1024,
      ramBytes: 4 * 1024 * 1024,
    }),
  );
  expect(boards).toContainEqual(
    expect.objectContaining({
      name: "virt-rv32",
      emulator: "qemu-system-riscv32",
      flashBytes: 7 * 1024 * 1024,
      ramBytes: 400 * 1024,
    }),
  );
});

it("lists nothing where there are no boards", () => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-board-"));
  expect(summarizeBoards(root)).toEqual([]);
  rmSync(root, { recursive: true });
});
