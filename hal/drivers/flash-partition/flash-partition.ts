/** A range of blocks of a flash as a flash of its own, so that its holder can reach nothing else. */

import type { Flash, FlashStatus } from "../../interfaces/flash.ts";
import { checkInteger, checkObject } from "../check-options.ts";
import { closedError } from "../driver-error.ts";

/** Options of `new FlashPartition(options)`. */
export interface FlashPartitionOptions {
  readonly flash: Flash;
  /** First block of the partition in `flash`. */
  readonly firstBlock: number;
  readonly blocks: number;
}

/** Positions and blocks count from the partition's start. Closing it leaves the underlying flash open. */
export class FlashPartition implements Flash {
  readonly #flash: Flash;
  readonly #firstBlock: number;
  readonly #blocks: number;
  readonly #blockLength: number;
  #closed = false;

  constructor({ flash, firstBlock, blocks }: FlashPartitionOptions) {
    checkObject(flash, ["status", "read", "write", "eraseBlock"], "FlashPartition: flash");
    const status = flash.status();
    checkInteger(firstBlock, 0, status.blocks - 1, "FlashPartition: firstBlock");
    checkInteger(blocks, 1, status.blocks - firstBlock, "FlashPartition: blocks");
    this.#flash = flash;
    this.#firstBlock = firstBlock;
    this.#blocks = blocks;
    this.#blockLength = status.blockLength;
  }

  get inCommand(): boolean {
    return this.#flash.inCommand;
  }

  status(): FlashStatus {
    const { blockLength, eraseValue, writeAlign } = this.#opened().status();
    return { size: this.#blocks * blockLength, blockLength, blocks: this.#blocks, eraseValue, writeAlign };
  }

  eraseBlock(first: number, end: number = first + 1): void {
    const flash = this.#opened();
    checkInteger(first, 0, this.#blocks - 1, "FlashPartition: first block");
    checkInteger(end, first + 1, this.#blocks, "FlashPartition: end block");
    flash.eraseBlock(this.#firstBlock + first, this.#firstBlock + end);
  }

  read(target: number | Uint8Array, position: number): ArrayBuffer {
    const flash = this.#opened();
    return flash.read(target, this.#translate(typeof target === "number" ? target : target.length, position));
  }

  write(data: ArrayBuffer | Uint8Array, position: number): void {
    const flash = this.#opened();
    flash.write(data, this.#translate(data.byteLength, position));
  }

  close(): void {
    this.#closed = true;
  }

  #opened(): Flash {
    if (this.#closed) throw closedError("FlashPartition");
    return this.#flash;
  }

  #translate(length: number, position: number): number {
    const size = this.#blocks * this.#blockLength;
    checkInteger(position, 0, size, "FlashPartition: position");
    checkInteger(length, 0, size - position, "FlashPartition: length");
    return this.#firstBlock * this.#blockLength + position;
  }
}
