/** Reads, writes and erases of flash whose failures are answers instead of exceptions, so that a worn cell never stops a boot. */
import type { Flash } from "../../hal/interfaces/flash.ts";

/** The part of a flash that slots and counters use. A slot is one such flash, the state sectors another. */
export type MarkFlash = Pick<Flash, "status" | "read" | "write" | "eraseBlock">;

/** Reads `byteLength` bytes at `position` into a new array. */
export function readBytes(flash: MarkFlash, position: number, byteLength: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  flash.read(bytes, position);
  return bytes;
}

/**
 * Reads `byteLength` bytes, a multiple of 4, as little-endian words: marks are looked at by the hundred at every boot, and a word
 * costs an interpreter as much as a byte. (Typed arrays are little-endian on every processor that we support.)
 */
export function readWords(flash: MarkFlash, position: number, byteLength: number): Uint32Array {
  return new Uint32Array(readBytes(flash, position, byteLength).buffer);
}

/** Programs bytes. @returns false when the flash refused or failed; then the units may hold anything */
export function tryWrite(flash: MarkFlash, bytes: Uint8Array, position: number): boolean {
  try {
    flash.write(bytes, position);
    return true;
  } catch (error) {
    return reportFalse(error);
  }
}

/** Erases one block. @returns false when the flash failed; then the block may hold anything */
export function tryErase(flash: MarkFlash, block: number): boolean {
  try {
    flash.eraseBlock(block);
    return true;
  } catch (error) {
    return reportFalse(error);
  }
}

/** Failures of hardware carry a code; anything else is a mistake in a program and must not be hidden. */
function reportFalse(error: unknown): false {
  if (error instanceof Error && typeof (error as { code?: unknown }).code === "string") return false;
  throw error;
}
