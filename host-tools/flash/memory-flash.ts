/** Flash in memory under the rules of NOR: what tools look through at a device without changing it, and make new partitions in. */
import type { MarkFlash } from "../../bootloader/marks/flash-access.ts";
import type { FlashStatus } from "../../hal/interfaces/flash.ts";
import { FileFlashError } from "./file-flash.ts";

const ERASED_BYTE = 0xff;

/** Sizes in bytes. */
export interface MemoryFlashOptions {
  readonly blockLength: number;
  readonly writeAlign: number;
  /** Named in errors. */
  readonly name: string;
}

/** Changes are made to the bytes that it was given, and are gone with them. */
export class MemoryFlash implements MarkFlash {
  readonly bytes: Uint8Array;
  readonly #options: MemoryFlashOptions;

  /** @param bytes whole blocks */
  constructor(bytes: Uint8Array, options: MemoryFlashOptions) {
    this.bytes = bytes;
    this.#options = options;
  }

  status(): FlashStatus {
    const { blockLength, writeAlign } = this.#options;
    const size = this.bytes.length;
    return { size, blockLength, blocks: size / blockLength, eraseValue: ERASED_BYTE, writeAlign };
  }

  read(target: number | Uint8Array, position: number): ArrayBuffer {
    const into = typeof target === "number" ? new Uint8Array(target) : target;
    this.#requireRange(position, into.length);
    into.set(this.bytes.subarray(position, position + into.length));
    return into.buffer as ArrayBuffer;
  }

  /** @throws FileFlashError `not-erased`; RangeError */
  write(data: ArrayBuffer | Uint8Array, position: number): void {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    this.#requireRange(position, bytes.length);
    const target = this.bytes.subarray(position, position + bytes.length);
    if (target.some((value) => value !== ERASED_BYTE))
      throw new FileFlashError("not-erased", this.#options.name, `erased flash at ${position}`, "programmed flash");
    target.set(bytes);
  }

  eraseBlock(first: number, end: number = first + 1): void {
    const { blockLength } = this.#options;
    this.#requireRange(first * blockLength, (end - first) * blockLength);
    this.bytes.fill(ERASED_BYTE, first * blockLength, end * blockLength);
  }

  #requireRange(position: number, byteLength: number): void {
    if (Number.isInteger(position) && position >= 0 && byteLength >= 0 && position + byteLength <= this.bytes.length)
      return;
    const expected = `a range within ${this.bytes.length} bytes`;
    throw new RangeError(`${this.#options.name}: expected ${expected}, found ${byteLength} at ${position}`);
  }
}
