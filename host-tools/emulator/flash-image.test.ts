/** Tests of flash files, on the real boards' descriptions. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Board, boardNames, loadBoard } from "../build/board.ts";
import { copyFlashFiles, createFlashFiles, readPartition } from "./flash-image.ts";

const root = resolve(import.meta.dirname, "../..");
const base = mkdtempSync(join(tmpdir(), "holdfast-flash-"));
let folder = base;
let count = 0;

beforeEach(() => {
  folder = join(base, String(count++));
});
afterAll(() => rmSync(base, { recursive: true }));

describe.each(boardNames(root))("flash files of %s", (name) => {
  const board: Board = loadBoard(root, name);
  const rom = Buffer.from("boot ROM");
  const runtime = Buffer.alloc(300_000, 0x5a);

  it("have the exact size, are erased around the contents and sparse elsewhere", () => {
    const files = createFlashFiles(board, folder, { rom, "runtime-a": runtime });
    for (const bank of board.flash) {
      const { size, blocks } = statSync(files[bank.name] ?? "");
      expect(size).toBe(bank.fileByteLength);
      expect(blocks * 512).toBeLessThan(8 * 1024 * 1024);
    }
    expect(readPartition(board, files, "rom").subarray(0, rom.length)).toEqual(rom);
    expect(
      readPartition(board, files, "rom")
        .subarray(rom.length)
        .every((byte) => byte === 0xff),
    ).toBe(true);
    expect(readPartition(board, files, "runtime-a").subarray(0, runtime.length).equals(runtime)).toBe(true);
    for (const empty of ["runtime-b", "storage"])
      expect(readPartition(board, files, empty).every((byte) => byte === 0xff)).toBe(true);
  });

  it("are copied with a partition replaced, originals untouched", () => {
    const files = createFlashFiles(board, folder, { rom, "runtime-a": runtime });
    const before = board.flash.map((bank) => readFileSync(files[bank.name] ?? ""));
    const copies = copyFlashFiles(board, files, join(folder, "copy"), { "runtime-a": Buffer.from("new") });
    expect(readPartition(board, copies, "runtime-a").subarray(0, 4)).toEqual(Buffer.from([0x6e, 0x65, 0x77, 0xff]));
    expect(
      readPartition(board, copies, "runtime-a")
        .subarray(3)
        .every((byte) => byte === 0xff),
    ).toBe(true);
    expect(readPartition(board, copies, "rom").subarray(0, rom.length)).toEqual(rom);
    board.flash.forEach((bank, index) => {
      expect(readFileSync(files[bank.name] ?? "").equals(before[index] ?? rom)).toBe(true);
      expect(statSync(copies[bank.name] ?? "").blocks * 512).toBeLessThan(8 * 1024 * 1024);
    });
  });

  it("refuse contents that do not fit and partitions that do not exist", () => {
    expect(() => createFlashFiles(board, folder, { "runtime-a": Buffer.alloc(0x100001) })).toThrow(
      expect.objectContaining({
        code: "image-too-large",
        message: `expected at most 1048576 bytes for partition runtime-a of ${name}, found 1048577`,
      }),
    );
    expect(() => createFlashFiles(board, folder, { runtime: rom })).toThrow(
      expect.objectContaining({ code: "flash-mismatch" }),
    );
    writeFileSync(join(base, "short.img"), "x");
    const short = Object.fromEntries(board.flash.map((bank) => [bank.name, join(base, "short.img")]));
    expect(() => copyFlashFiles(board, short, folder)).toThrow(expect.objectContaining({ code: "flash-mismatch" }));
  });
});
