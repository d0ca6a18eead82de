/** A flash file keeps the rules of NOR flash, stays inside its partition, and carries the device's own code. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CounterLog } from "../../bootloader/counters/counter-log.ts";
import { securityCounter } from "../../bootloader/counters/counter-names.ts";
import { tryWrite } from "../../bootloader/marks/flash-access.ts";
import { loadBoard } from "../build/board.ts";
import { FileFlash, type FileFlashOptions, openPartition } from "./file-flash.ts";

const BLOCK = 4096;
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-file-flash-"));
  path = join(folder, "bank0.img");
  writeFileSync(path, Buffer.alloc(4 * BLOCK, 0xff));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The middle two of four blocks. */
const open = (changes: Partial<FileFlashOptions> = {}) =>
  new FileFlash({ path, offset: BLOCK, blockLength: BLOCK, blocks: 2, ...changes });
const refusal = (code: string) => expect.objectContaining({ name: "FileFlashError", code });

describe("FileFlash", () => {
  it("programs erased units, and stays inside its partition", () => {
    const flash = open();
    flash.write(Uint8Array.of(1, 2, 3, 4), 0);
    flash.write(Uint8Array.of(5, 6, 7, 8), 2 * BLOCK - 4);
    expect(new Uint8Array(flash.read(6, 0))).toEqual(Uint8Array.of(1, 2, 3, 4, 255, 255));
    flash.close();
    const bank = readFileSync(path);
    expect(bank.subarray(BLOCK, BLOCK + 4)).toEqual(Buffer.of(1, 2, 3, 4));
    expect([...bank].filter((value) => value !== 0xff)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.each([
    ["bits that would be set", [0, 0, 0, 4]],
    ["bits that would be cleared", [1, 0, 0, 0]],
    ["the same bytes again", [1, 2, 3, 4]],
  ])("refuses to program a unit twice, with %s, and changes nothing", (_what, again) => {
    const flash = open();
    flash.write(Uint8Array.of(1, 2, 3, 4), 8);
    expect(() => flash.write(Uint8Array.of(9, 9, 9, 9, ...again), 4)).toThrow(refusal("not-erased"));
    expect(new Uint8Array(flash.read(8, 4))).toEqual(Uint8Array.of(255, 255, 255, 255, 1, 2, 3, 4));
    expect(tryWrite(flash, Uint8Array.from(again), 8)).toBe(false);
    expect(flash.failure).toBeUndefined();
  });

  it("erases whole blocks", () => {
    const flash = open();
    flash.write(new Uint8Array(2 * BLOCK), 0);
    flash.eraseBlock(1);
    expect(new Uint8Array(flash.read(2, BLOCK - 1))).toEqual(Uint8Array.of(0, 255));
    flash.eraseBlock(0, 2);
    flash.write(Uint8Array.of(1, 2, 3, 4), 0);
  });

  it("refuses ranges outside, and half units", () => {
    const flash = open();
    expect(() => flash.read(1, 2 * BLOCK)).toThrow(RangeError);
    expect(() => flash.read(1, -1)).toThrow(RangeError);
    expect(() => flash.write(new Uint8Array(8), 2 * BLOCK - 4)).toThrow(RangeError);
    expect(() => flash.write(new Uint8Array(4), 2)).toThrow(RangeError);
    expect(() => flash.write(new Uint8Array(3), 0)).toThrow(RangeError);
    for (const [first, end] of [
      [2, 3],
      [-1, 0],
      [1, 1],
    ] as const)
      expect(() => flash.eraseBlock(first, end)).toThrow(RangeError);
    expect(readFileSync(path).every((value) => value === 0xff)).toBe(true);
  });

  it("changes nothing when it was opened for reading", () => {
    const flash = open({ readOnly: true });
    expect(() => flash.write(new Uint8Array(4), 0)).toThrow(refusal("flash-read-only"));
    expect(() => flash.eraseBlock(0)).toThrow(refusal("flash-read-only"));
    flash.close();
    flash.close();
    expect(() => flash.read(1, 0)).toThrow(refusal("flash-file"));
  });

  it("says what is wrong with the file", () => {
    expect(() => open({ blocks: 4 })).toThrow(refusal("flash-size"));
    expect(() => open({ path: join(folder, "absent") })).toThrow(refusal("flash-file"));
    expect(() => open({ path: folder })).toThrow(refusal("flash-file"));
  });

  it("remembers that the file failed where the code for flash goes on", () => {
    const flash = open();
    flash.close();
    writeFileSync(path, Buffer.alloc(2 * BLOCK, 0xff));
    const short = open({ blocks: 1 });
    writeFileSync(path, "");
    expect(tryWrite(short, new Uint8Array(4), 8)).toBe(false);
    expect(short.failure).toMatchObject({ code: "flash-size" });
  });

  it("holds the device's counters from one opening to the next", () => {
    const first = open();
    const log = new CounterLog(first);
    log.format();
    log.raise(securityCounter(1), 7);
    log.select(1, "b");
    first.close();
    const again = new CounterLog(open({ readOnly: true })).read();
    expect(again).toMatchObject({ selection: [undefined, "b"], isSettled: true });
    expect(again?.counters[securityCounter(1)]).toBe(7);
  });
});

describe("openPartition", () => {
  it("finds a partition by name", () => {
    const board = loadBoard(new URL("../..", import.meta.url).pathname, "virt-a7");
    const partition = board.partitions.find(({ name }) => name === "runtime-b");
    const bank = board.flash[0];
    if (partition === undefined || bank === undefined) throw new Error("expected a slot");
    writeFileSync(path, Buffer.alloc(partition.offset + partition.byteLength, 0xff));
    const flash = openPartition(board, { bank0: path }, "runtime-b", "write");
    expect(flash.status()).toMatchObject({ size: partition.byteLength, blockLength: bank.sectorByteLength });
    flash.write(Uint8Array.of(1, 2, 3, 4), 0);
    flash.close();
    expect(readFileSync(path).indexOf(1)).toBe(partition.offset);
    expect(() => openPartition(board, {}, "nothing", "read")).toThrow(refusal("flash-file"));
  });
});
