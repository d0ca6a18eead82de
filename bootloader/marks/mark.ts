/** One-way marks on NOR flash: erased or written, and a third reading for what a power cut leaves. Design note 0010. */
import { type MarkFlash, readWords, tryWrite } from "./flash-access.ts";

/**
 * `erased`: every bit is 1. `exact`: the value that is written. `torn`: anything else.
 * Cells that were being written when power failed may read differently each time, so one reading proves nothing about the next.
 */
export type MarkReading = "erased" | "exact" | "torn";

/** First byte of a written mark, MCUboot's BOOT_FLAG_SET; the others stay erased. */
export const MARK_VALUE = 0x01;
/** What NOR flash reads after an erase. */
export const ERASED_BYTE = 0xff;
/** Four of them. */
export const ERASED_WORD = 0xffff_ffff;
/** The first word of a written mark. */
export const MARK_WORD = 0xffff_ff01;

/**
 * Bytes of one mark: MCUboot's BOOT_MAX_ALIGN, the larger of 8 and the write unit.
 * @throws RangeError for a write unit other than 1, 2, 4, 8 or 16
 */
export function markByteLength(writeAlign: number): number {
  if (writeAlign === 16) return 16;
  if (writeAlign === 1 || writeAlign === 2 || writeAlign === 4 || writeAlign === 8) return 8;
  throw new RangeError(`marks: expected a write unit of 1, 2, 4, 8 or 16 bytes, found ${writeAlign}`);
}

/**
 * The reading of a mark among words that were read in one go.
 * @param offset of the mark in bytes, a multiple of 4
 */
export function classifyMark(words: Uint32Array, offset: number, byteLength: number): MarkReading {
  const first = offset >> 2;
  const end = first + (byteLength >> 2);
  for (let index = first + 1; index < end; index += 1) {
    if (words[index] !== ERASED_WORD) return "torn";
  }
  const word = words[first];
  if (word === ERASED_WORD) return "erased";
  return word === MARK_WORD ? "exact" : "torn";
}

/** Reads one mark from flash. */
export function readMark(flash: MarkFlash, position: number, byteLength: number): MarkReading {
  return classifyMark(readWords(flash, position, byteLength), 0, byteLength);
}

/**
 * Writes a mark that reads erased. A mark that a cut left reading erased is written again: with the same value, which a cell that
 * was half programmed takes as well as a fresh one.
 * @returns true when the mark was written to its end by this call and reads exact
 */
export function writeMark(flash: MarkFlash, position: number, byteLength: number): boolean {
  if (readMark(flash, position, byteLength) !== "erased") return false;
  const bytes = new Uint8Array(byteLength).fill(ERASED_BYTE);
  bytes[0] = MARK_VALUE;
  return tryWrite(flash, bytes, position) && readMark(flash, position, byteLength) === "exact";
}
