import { beforeEach, describe, expect, it } from "vitest";
import { tryErase, tryWrite } from "../marks/flash-access.ts";
import { BootFlashError, type PartitionAccess, PartitionFlash } from "./partition-flash.ts";

const BASE = 0x2200_0000;
const BLOCK = 256;
const BLOCKS = 3;

/** Flash by physical address that takes NOR's rule and one stuck byte seriously. */
class SimulatedAccess implements PartitionAccess {
  readonly bytes = new Uint8Array(BLOCK * (BLOCKS + 2)).fill(0xff);
  /** Offset of a cell that always reads 0. */
  stuck = -1;

  read(address: number, byteLength: number): ArrayBuffer {
    return this.bytes.slice(address - BASE + BLOCK, address - BASE + BLOCK + byteLength).buffer;
  }

  erase(address: number): boolean {
    const start = address - BASE + BLOCK;
    this.bytes.fill(0xff, start, start + BLOCK);
    if (this.stuck >= start && this.stuck < start + BLOCK) this.bytes[this.stuck] = 0;
    return this.bytes.subarray(start, start + BLOCK).every((byte) => byte === 0xff);
  }

  program(address: number, data: Uint8Array): boolean {
    const start = address - BASE + BLOCK;
    if (data.some((byte, index) => ((this.bytes[start + index] as number) & byte) !== byte)) return false;
    this.bytes.set(data, start);
    return true;
  }
}

let access: SimulatedAccess;
let flash: PartitionFlash;
beforeEach(() => {
  access = new SimulatedAccess();
  flash = new PartitionFlash({ base: BASE, byteLength: BLOCK * BLOCKS, blockByteLength: BLOCK }, access);
});

describe("PartitionFlash", () => {
  it("tells its geometry", () => {
    expect(flash.status()).toEqual({ size: 768, blockLength: 256, blocks: 3, eraseValue: 255, writeAlign: 4 });
  });

  it("writes at the partition's place and reads back", () => {
    flash.write(Uint8Array.of(1, 2, 3, 4), 8);
    expect([...access.bytes.subarray(BLOCK + 8, BLOCK + 12)]).toEqual([1, 2, 3, 4]);
    expect([...new Uint8Array(flash.read(6, 7))]).toEqual([255, 1, 2, 3, 4, 255]);
    const target = new Uint8Array(4);
    expect(flash.read(target, 8)).toBe(target.buffer);
    expect([...target]).toEqual([1, 2, 3, 4]);
  });

  it("takes an ArrayBuffer", () => {
    flash.write(Uint8Array.of(9, 8, 7, 6).buffer, 0);
    expect([...new Uint8Array(flash.read(4, 0))]).toEqual([9, 8, 7, 6]);
  });

  it("erases the blocks that it is told to and no others", () => {
    access.bytes.fill(0);
    flash.eraseBlock(1, 3);
    const erased = [0, 1, 2, 3, 4].map((block) => access.bytes[block * BLOCK] === 255);
    expect(erased).toEqual([false, false, true, true, false]);
  });

  it.each([
    ["a write past the end", () => flash.write(new Uint8Array(8), BLOCK * BLOCKS - 4)],
    ["a write in front", () => flash.write(new Uint8Array(4), -4)],
    ["a read past the end", () => flash.read(1, BLOCK * BLOCKS)],
    ["a read of a negative length", () => flash.read(-1, 0)],
    ["a position that is no integer", () => flash.read(1, 0.5)],
    ["a position that is no number", () => flash.read(1, Number.NaN)],
    ["an erase past the end", () => flash.eraseBlock(BLOCKS)],
    ["an erase in front", () => flash.eraseBlock(-1)],
  ])("refuses %s", (_what, act) => {
    expect(act).toThrow(RangeError);
    expect(access.bytes.every((byte) => byte === 0xff)).toBe(true);
  });

  it("reports what the flash refused as a failure of hardware", () => {
    flash.write(new Uint8Array(4), 0);
    expect(() => flash.write(Uint8Array.of(1, 0, 0, 0), 0)).toThrow(BootFlashError);
    expect(tryWrite(flash, Uint8Array.of(1, 0, 0, 0), 0)).toBe(false);
    access.stuck = BLOCK + 5;
    expect(tryErase(flash, 0)).toBe(false);
    expect(tryErase(flash, 1)).toBe(true);
  });
});
