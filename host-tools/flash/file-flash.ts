/** A partition of a flash bank's file under the rules of NOR flash, so that the device's own code reads and writes it on Node. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import type { MarkFlash } from "../../bootloader/marks/flash-access.ts";
import type { FlashStatus } from "../../hal/interfaces/flash.ts";
import type { Board } from "../build/board.ts";

/** What every byte reads as after an erase. */
const ERASED_BYTE = 0xff;
/** Bytes of the unit that a board's flash programs once per erase (two chips of 16 bits side by side). */
const WRITE_UNIT_BYTE_LENGTH = 4;

/**
 * | code | meaning |
 * |---|---|
 * | flash-file | the file cannot be opened, read or written; the message has the system's reason |
 * | flash-size | the partition does not lie inside the file |
 * | flash-read-only | a change was asked for of flash that was opened to be read |
 * | not-erased | programming would set a bit, or program a unit twice |
 * | verify-failed | the file reads back something else than was written |
 */
export type FileFlashErrorCode = "flash-file" | "flash-size" | "flash-read-only" | "not-erased" | "verify-failed";

/** A flash file could not be used; the message is one line. */
export class FileFlashError extends Error {
  override readonly name: string = "FileFlashError";
  readonly code: FileFlashErrorCode;

  constructor(code: FileFlashErrorCode, path: string, expected: string, found: string) {
    super(`${path}: expected ${expected}, found ${found}`);
    this.code = code;
  }
}

/** Which part of which file; sizes in bytes. */
export interface FileFlashOptions {
  /** The file of a whole bank. */
  readonly path: string;
  /** Where the partition starts in the file; a multiple of `blockLength`. */
  readonly offset: number;
  /** The erasable unit: a sector of the bank. */
  readonly blockLength: number;
  readonly blocks: number;
  /** The unit that is programmed once per erase; 4 as on the boards. */
  readonly writeAlign?: 1 | 2 | 4 | 8 | 16;
  /** True to refuse every change, and to open the file for reading only. */
  readonly readOnly?: boolean;
}

/**
 * Strict: a unit that holds anything but the erased value is never programmed, not even with the same bytes. What a unit that reads
 * erased was programmed with is not remembered, since the file does not say.
 *
 * Each call reads or writes the file itself; `close` makes sure that it is on the disk. Nobody else may use the file meanwhile, an
 * emulator least of all. Not atomic by itself: whoever needs all or nothing works on a copy and renames it.
 */
export class FileFlash implements MarkFlash {
  readonly path: string;
  readonly #status: FlashStatus;
  readonly #offset: number;
  readonly #readOnly: boolean;
  #descriptor: number | undefined;
  #failure: FileFlashError | undefined;

  /** @throws FileFlashError `flash-file`, `flash-size` */
  constructor(options: FileFlashOptions) {
    const { path, offset, blockLength, blocks, writeAlign = WRITE_UNIT_BYTE_LENGTH, readOnly = false } = options;
    this.path = path;
    this.#offset = offset;
    this.#readOnly = readOnly;
    this.#status = { size: blockLength * blocks, blockLength, blocks, eraseValue: ERASED_BYTE, writeAlign };
    this.#descriptor = this.#system("a flash file", () => openSync(path, readOnly ? "r" : "r+"));
    const end = offset + blockLength * blocks;
    const { size } = fstatSync(this.#descriptor);
    if (size >= end) return;
    this.close();
    throw new FileFlashError("flash-size", path, `at least ${end} bytes`, `${size}`);
  }

  /** The first failure of the file itself, which code for flash takes for a worn cell: a full disk, a file that was cut short. */
  get failure(): FileFlashError | undefined {
    return this.#failure;
  }

  status(): FlashStatus {
    return { ...this.#status };
  }

  /** @throws RangeError for a range outside the partition; FileFlashError `flash-file` */
  read(target: number | Uint8Array, position: number): ArrayBuffer {
    const bytes = typeof target === "number" ? new Uint8Array(target) : target;
    this.#requireRange(position, bytes.length);
    this.#system("readable flash", () => this.#readInto(bytes, position));
    return bytes.buffer as ArrayBuffer;
  }

  /**
   * Nothing is changed when the rule forbids it.
   * @throws RangeError for a range outside the partition or between units; FileFlashError
   */
  write(data: ArrayBuffer | Uint8Array, position: number): void {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    const { writeAlign } = this.#status;
    this.#requireRange(position, bytes.length);
    if (position % writeAlign !== 0 || bytes.length % writeAlign !== 0)
      throw new RangeError(`${this.path}: expected whole units of ${writeAlign}, found ${bytes.length} at ${position}`);
    this.#requireWritable();
    this.#requireErased(bytes.length, position);
    this.#program(bytes, position);
  }

  /** @throws RangeError for a block outside the partition; FileFlashError */
  eraseBlock(first: number, end: number = first + 1): void {
    const { blockLength, blocks } = this.#status;
    if (!Number.isInteger(first) || !Number.isInteger(end) || first < 0 || end <= first || end > blocks)
      throw new RangeError(`${this.path}: expected blocks from 0 to ${blocks}, found ${first} to ${end}`);
    this.#requireWritable();
    const erased = new Uint8Array(blockLength).fill(ERASED_BYTE);
    for (let block = first; block < end; block += 1) this.#program(erased, block * blockLength);
  }

  /** Puts what was written on the disk and closes the file; fine to call twice. */
  close(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    try {
      if (!this.#readOnly) this.#system("flash that can be written", () => fsyncSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }

  #program(bytes: Uint8Array, position: number): void {
    const descriptor = this.#opened();
    this.#system("flash that can be written", () => {
      let written = 0;
      while (written < bytes.length)
        written += writeSync(descriptor, bytes, written, bytes.length - written, this.#offset + position + written);
    });
    const found = new Uint8Array(bytes.length);
    this.read(found, position);
    const wrong = found.findIndex((value, index) => value !== bytes[index]);
    if (wrong < 0) return;
    throw this.#failed("verify-failed", `byte ${bytes[wrong]} at ${position + wrong}`, `${found[wrong]}`);
  }

  #requireErased(byteLength: number, position: number): void {
    const old = new Uint8Array(byteLength);
    this.read(old, position);
    const wrong = old.findIndex((value) => value !== ERASED_BYTE);
    if (wrong < 0) return;
    throw new FileFlashError(
      "not-erased",
      this.path,
      `erased flash at ${position + wrong} of the partition`,
      `byte ${old[wrong]}`,
    );
  }

  #requireWritable(): void {
    if (!this.#readOnly) return;
    throw new FileFlashError("flash-read-only", this.path, "flash opened for writing", "flash opened for reading");
  }

  #requireRange(position: number, byteLength: number): void {
    const { size } = this.#status;
    if (Number.isInteger(position) && position >= 0 && position + byteLength <= size) return;
    throw new RangeError(`${this.path}: expected a range within ${size} bytes, found ${byteLength} at ${position}`);
  }

  #readInto(bytes: Uint8Array, position: number): void {
    const descriptor = this.#opened();
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(descriptor, bytes, done, bytes.length - done, this.#offset + position + done);
      if (count === 0)
        throw this.#failed("flash-size", `${bytes.length} bytes at ${this.#offset + position}`, `${done}`);
      done += count;
    }
  }

  #opened(): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    throw new FileFlashError("flash-file", this.path, "an open flash file", "a closed one");
  }

  #system<Result>(expected: string, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      if (error instanceof FileFlashError) throw error;
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw this.#failed("flash-file", expected, reason === "ENOSPC" ? "no space left on the disk" : reason);
    }
  }

  #failed(code: FileFlashErrorCode, expected: string, found: string): FileFlashError {
    const error = new FileFlashError(code, this.path, expected, found);
    this.#failure ??= error;
    return error;
  }
}

/**
 * Opens a partition of a board in its flash files.
 * @param files path of each bank's file
 * @throws FileFlashError `flash-file`, also for a board without that partition; `flash-size`
 */
export function openPartition(
  board: Board,
  files: Readonly<Record<string, string>>,
  name: string,
  access: "read" | "write",
): FileFlash {
  const partition = board.partitions.find((each) => each.name === name);
  const bank = board.flash.find((each) => each.name === partition?.bank);
  if (partition === undefined || bank === undefined)
    throw new FileFlashError("flash-file", board.name, `a partition ${name}`, "none");
  return new FileFlash({
    path: files[bank.name] ?? "",
    offset: partition.offset,
    blockLength: bank.sectorByteLength,
    blocks: partition.byteLength / bank.sectorByteLength,
    readOnly: access === "read",
  });
}
