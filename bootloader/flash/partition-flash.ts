/** One partition of a flash as slots, counters and logs use it, over reads, erases and programs by physical address. */
import type { FlashStatus } from "../../hal/interfaces/flash.ts";
import type { MarkFlash } from "../marks/flash-access.ts";

/** Where a partition lies. All lengths are bytes, addresses physical. */
export interface PartitionBounds {
  readonly base: number;
  readonly byteLength: number;
  /** What an erase erases; `byteLength` is a multiple of it. */
  readonly blockByteLength: number;
}

/** See `native:flash` and `native:memory`. */
export interface PartitionAccess {
  read(address: number, byteLength: number): ArrayBuffer;
  erase(address: number): boolean;
  program(address: number, bytes: Uint8Array): boolean;
}

/** The flash refused, or holds something else than it should. The message says where. */
export class BootFlashError extends Error {
  override readonly name = "BootFlashError";
  readonly code = "flash-failed";
}

const ERASED = 0xff;
const WORD = 4;

/** See `Flash` for the rules. It keeps nothing but where it lies; it is not closed. */
export class PartitionFlash implements MarkFlash {
  readonly #bounds: PartitionBounds;
  readonly #access: PartitionAccess;

  constructor(bounds: PartitionBounds, access: PartitionAccess) {
    this.#bounds = bounds;
    this.#access = access;
  }

  status(): FlashStatus {
    const { byteLength, blockByteLength } = this.#bounds;
    return {
      size: byteLength,
      blockLength: blockByteLength,
      blocks: byteLength / blockByteLength,
      eraseValue: ERASED,
      writeAlign: WORD,
    };
  }

  read(target: number | Uint8Array, position: number): ArrayBuffer {
    const byteLength = typeof target === "number" ? target : target.length;
    const bytes = this.#access.read(this.#address(position, byteLength), byteLength);
    if (typeof target === "number") return bytes;
    target.set(new Uint8Array(bytes));
    return target.buffer as ArrayBuffer;
  }

  /** @throws BootFlashError when the flash refuses, also where it lets this stage write nothing; RangeError for a bad range */
  write(data: ArrayBuffer | Uint8Array, position: number): void {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    const address = this.#address(position, bytes.length);
    if (!this.#access.program(address, bytes)) throw failure("program", bytes.length, address);
  }

  /** @throws BootFlashError when a block is not erased afterwards; RangeError for a block outside */
  eraseBlock(first: number, end: number = first + 1): void {
    const { blockByteLength } = this.#bounds;
    for (let block = first; block < end; block += 1) {
      const address = this.#address(block * blockByteLength, blockByteLength);
      if (!this.#access.erase(address)) throw failure("erase", blockByteLength, address);
    }
  }

  #address(position: number, byteLength: number): number {
    const { base, byteLength: size } = this.#bounds;
    const isInside = position >= 0 && byteLength >= 0 && position + byteLength <= size;
    if (!isInside || !Number.isInteger(position) || !Number.isInteger(byteLength)) {
      throw new RangeError(`BootFlash: expected a range within ${size} bytes, found ${byteLength} at ${position}`);
    }
    return base + position;
  }
}

function failure(what: string, byteLength: number, address: number): BootFlashError {
  return new BootFlashError(
    `BootFlash: expected to ${what} ${byteLength} bytes at 0x${address.toString(16)}, found them refused or not kept`,
  );
}
