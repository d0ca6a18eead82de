import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadBoard } from "./board.ts";
import { readElf } from "./elf.ts";
import { memoryMap, renderMemoryMap } from "./memory-map.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** The smallest ELF file that holds a symbol table with these symbols. */
function elfWith(symbols: Readonly<Record<string, number>>): Uint8Array {
  const names = ["", ...Object.keys(symbols)];
  const nameBytes = Buffer.from(`${names.join("\0")}\0`, "latin1");
  const tableAt = 52;
  const symbolsAt = tableAt + 3 * 40;
  const namesAt = symbolsAt + names.length * 16;
  const file = Buffer.alloc(namesAt + nameBytes.length);
  file.write("\x7fELF\x01\x01", 0, "latin1");
  file.writeUInt32LE(tableAt, 32);
  file.writeUInt16LE(3, 48);
  file.writeUInt16LE(2, 50);
  const section = (index: number, type: number, offset: number, length: number, link: number) => {
    [0, type, 0, 0, offset, length, link].forEach((value, field) => {
      file.writeUInt32LE(value, tableAt + index * 40 + field * 4);
    });
  };
  section(1, 2, symbolsAt, names.length * 16, 2);
  section(2, 3, namesAt, nameBytes.length, 0);
  let nameAt = 0;
  names.forEach((name, index) => {
    file.writeUInt32LE(nameAt, symbolsAt + index * 16);
    file.writeUInt32LE(symbols[name] ?? 0, symbolsAt + index * 16 + 4);
    nameAt += name.length + 1;
  });
  nameBytes.copy(file, namesAt);
  return file;
}

const RUNTIME = {
  _image_start: 0x2210_0200,
  _text_start: 0x2210_0200,
  _etext: 0x2215_0200,
  _rodata_start: 0x2215_0200,
  _rodata_end: 0x2216_0200,
  _data_load: 0x2216_0200,
  _image_end: 0x2216_0300,
  _stack_bottom: 0x8004_0000,
  _stack_top: 0x8004_6000,
  _page_tables_start: 0x8004_6000,
  _page_tables_end: 0x8004_6000,
  _data_start: 0x8004_6000,
  _data_end: 0x8004_6100,
  _bss_start: 0x8004_6100,
  _bss_end: 0x8004_7100,
  _arena_start: 0x8004_7100,
  _arena_end: 0x8007_ff00,
  _ram_used: 0x7100,
};

describe("memoryMap", () => {
  const board = loadBoard(ROOT, "virt-rv32");

  it("adds up header, code and archive as flash, and stack, data and bss as RAM", () => {
    const map = memoryMap(board, "runtime", elfWith(RUNTIME), 0x1000);
    expect(map.flashUsed).toBe(0x6_0300 + 0x1000);
    expect(map.ramUsed).toBe(0x7100);
    expect(map.arena).toBe(0x3_8e00);
  });

  it("counts a copied image as RAM too", () => {
    const arm = loadBoard(ROOT, "virt-a7");
    const map = memoryMap(arm, "rom", elfWith({ ...RUNTIME, _image_start: 0xe00_0000, _image_end: 0xe00_2000 }), 0x100);
    expect(map.ramUsed).toBe(0x7100 + 0x2100);
  });

  it("refuses an image whose archive does not fit, saying by how much", () => {
    expect(() => memoryMap(board, "runtime", elfWith(RUNTIME), 0xa_0000)).toThrow(
      "expected at most 1048576 bytes of flash, found 1049344 (768 too many), in the runtime image of virt-rv32",
    );
  });

  it("refuses RAM beyond the budget", () => {
    expect(() => memoryMap(board, "runtime", elfWith({ ...RUNTIME, _arena_end: 0x8010_0000 }), 0)).toThrow(
      "bytes of RAM",
    );
  });

  it("names a symbol that is missing", () => {
    const { _etext, ...others } = RUNTIME;
    expect(_etext).toBe(RUNTIME._etext);
    expect(() => memoryMap(board, "runtime", elfWith(others), 0)).toThrow("expected a symbol _etext");
  });

  it("renders one line a part with both budgets at the end", () => {
    const lines = renderMemoryMap(memoryMap(board, "runtime", elfWith(RUNTIME), 0x1000)).split("\n");
    expect(lines).toHaveLength(2 + 9 + 2);
    expect(lines[3]).toMatch(/^text +runtime-a +0x22100200\.\.0x221501FF +327,680$/);
    expect(lines.at(-1)).toBe("RAM   28,928 of 262,144 (11.0 %), arena 232,960");
  });
});

describe("readElf", () => {
  it("refuses other files", () => {
    expect(() => readElf(Buffer.alloc(100))).toThrow("expected a 32-bit little-endian ELF file, found 100 other bytes");
  });

  it("refuses a table that lies outside the file", () => {
    const file = elfWith(RUNTIME);
    new DataView(file.buffer, file.byteOffset).setUint32(32, 0xffff_0000, true);
    expect(() => readElf(file)).toThrow("found an offset beyond its end");
  });
});
