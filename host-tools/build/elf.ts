/** Reads sections and symbols of a 32-bit little-endian ELF file (System V ABI, generic part, chapter 4). */

import { BoardError } from "./board-error.ts";

export interface ElfSection {
  readonly name: string;
  /** Run address. */
  readonly address: number;
  readonly byteLength: number;
  /** Occupies memory at run time (SHF_ALLOC). */
  readonly allocated: boolean;
  /** Has no bytes in the file (SHT_NOBITS). */
  readonly empty: boolean;
}

export interface Elf {
  readonly sections: readonly ElfSection[];
  /** Global and local symbols by name; values as the linker left them. */
  readonly symbols: ReadonlyMap<string, number>;
}

const SECTION_HEADER_LENGTH = 40;
const SYMBOL_LENGTH = 16;
const TYPE_SYMBOLS = 2;
const TYPE_EMPTY = 8;
const FLAG_ALLOCATED = 2;

/** @throws BoardError with code `image-not-elf` when the bytes are no such file. */
export function readElf(bytes: Uint8Array): Elf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 52 || view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 1 || bytes[5] !== 1) {
    throw new BoardError(
      "image-not-elf",
      `expected a 32-bit little-endian ELF file, found ${bytes.byteLength} other bytes`,
    );
  }
  const tableOffset = view.getUint32(32, true);
  const count = view.getUint16(48, true);
  const nameTableIndex = view.getUint16(50, true);
  try {
    const headers = Array.from({ length: count }, (_, index) => {
      const at = tableOffset + index * SECTION_HEADER_LENGTH;
      const field = (position: number) => view.getUint32(at + position * 4, true);
      return {
        name: field(0),
        type: field(1),
        flags: field(2),
        address: field(3),
        offset: field(4),
        byteLength: field(5),
        link: field(6),
      };
    });
    const nameAt = (table: number, offset: number) => textAt(bytes, (headers[table]?.offset ?? 0) + offset);
    const symbols = new Map<string, number>();
    for (const header of headers.filter((each) => each.type === TYPE_SYMBOLS)) {
      for (let at = header.offset; at < header.offset + header.byteLength; at += SYMBOL_LENGTH) {
        symbols.set(nameAt(header.link, view.getUint32(at, true)), view.getUint32(at + 4, true));
      }
    }
    const sections = headers.map((header) => ({
      name: nameAt(nameTableIndex, header.name),
      address: header.address,
      byteLength: header.byteLength,
      allocated: (header.flags & FLAG_ALLOCATED) !== 0,
      empty: header.type === TYPE_EMPTY,
    }));
    return { sections, symbols };
  } catch (error) {
    if (error instanceof RangeError) {
      throw new BoardError("image-not-elf", "expected tables inside the ELF file, found an offset beyond its end");
    }
    throw error;
  }
}

function textAt(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset);
  if (end < 0) throw new RangeError("unterminated name");
  return Buffer.from(bytes.subarray(offset, end)).toString("latin1");
}
