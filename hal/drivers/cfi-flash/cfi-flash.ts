/** Driver of parallel NOR flash with the Intel command set (CFI 0001): two x16 chips side by side on a 32-bit bus. */

import type { Flash, FlashStatus } from "../../interfaces/flash.ts";
import type { Registers } from "../../interfaces/registers.ts";
import type { MonotonicClock } from "../../interfaces/timer.ts";
import { checkClock, checkInteger, checkObject, checkRegisters, hex } from "../check-options.ts";
import { closedError, DriverError } from "../driver-error.ts";
import { type CfiGeometry, readGeometry } from "./cfi-query.ts";
import { COMMAND, CommandPort } from "./command-port.ts";
import { UnitTracker } from "./unit-tracker.ts";

const ERASED_WORD = 0xffff_ffff;
/** The bus word, one half in each chip. The processor is little-endian, as every one we support: words are made by typed arrays. */
const WORD = 4;

/**
 * Reads the array behind the register window without one call a word. Positions are bytes from the window's start; the driver calls it
 * in read-array mode only, for ranges inside `size`.
 */
export interface FlashArray {
  /** The bytes in a new ArrayBuffer. */
  read(position: number, byteLength: number): ArrayBuffer;
  /** True when every byte is 255. */
  isErased(position: number, byteLength: number): boolean;
  /** True when the array holds these bytes. */
  equals(position: number, bytes: Uint8Array): boolean;
}

/** Options of `new CfiFlash(options)`. */
export interface CfiFlashOptions {
  /** The window of the blocks to use; at least `size` long. It starts with a block. */
  readonly registers: Registers;
  /** What the chips are, when `registers` does not start where the bank does: only there do they show their query table. */
  readonly geometry?: CfiGeometry;
  /** Where the board can read the array at memory speed. Without it every word goes through `registers`. */
  readonly array?: FlashArray;
  /** Bounds the waits for the chip. */
  readonly clock: MonotonicClock;
  /** Bytes to use, whole blocks from the window's start. Default: all that the chips have. */
  readonly size?: number;
  /** The block length that the board file expects; when given, other chips are refused. */
  readonly blockLength?: number;
  /** Test builds: also refuses to program a unit twice per erase, even with the same bits. Costs 1 bit of RAM per unit. */
  readonly trackUnits?: boolean;
}

/**
 * A bank of NOR flash. See `Flash` for the rules of programming and for what must not run from the bank meanwhile.
 *
 * Blocks are not unlocked: a chip that comes up with locked blocks reports `locked`. There must be one instance per bank.
 */
export class CfiFlash implements Flash {
  readonly #registers: Registers;
  readonly #array: FlashArray | undefined;
  readonly #port: CommandPort;
  readonly #geometry: CfiGeometry;
  readonly #size: number;
  readonly #units: UnitTracker | undefined;
  #closed = false;

  constructor(options: CfiFlashOptions) {
    const { registers, geometry, array, clock, size, blockLength, trackUnits = false } = options;
    checkRegisters(registers, "CfiFlash");
    if (array !== undefined) checkObject(array, ["read", "isErased", "equals"], "CfiFlash: array");
    checkClock(clock, "CfiFlash");
    if (geometry !== undefined) checkGeometry(geometry);
    if (size !== undefined) checkInteger(size, WORD, 0x8000_0000, "CfiFlash: size");
    if (blockLength !== undefined) checkInteger(blockLength, WORD, 0x8000_0000, "CfiFlash: blockLength");
    this.#registers = registers;
    this.#array = array;
    this.#port = new CommandPort(registers, clock, geometry?.size);
    try {
      this.#port.recover();
      this.#geometry = geometry ?? readGeometry(registers);
      this.#port.clearStatus();
    } finally {
      this.#port.readArray();
    }
    const found = this.#geometry;
    if (blockLength !== undefined && blockLength !== found.blockLength) {
      throw new DriverError("device", `CfiFlash: expected blocks of ${blockLength} bytes, found ${found.blockLength}`);
    }
    this.#size = size ?? found.size;
    if (this.#size > found.size || this.#size % found.blockLength !== 0) {
      throw new RangeError(
        `CfiFlash: expected size up to ${found.size} in blocks of ${found.blockLength}, found ${this.#size}`,
      );
    }
    this.#units = trackUnits ? new UnitTracker(this.#size / WORD) : undefined;
  }

  get inCommand(): boolean {
    return this.#port.inCommand;
  }

  status(): FlashStatus {
    this.#checkOpen();
    const { blockLength } = this.#geometry;
    return { size: this.#size, blockLength, blocks: this.#size / blockLength, eraseValue: 0xff, writeAlign: WORD };
  }

  eraseBlock(first: number, end: number = first + 1): void {
    this.#checkOpen();
    const { blockLength } = this.#geometry;
    const blocks = this.#size / blockLength;
    checkInteger(first, 0, blocks - 1, "CfiFlash: first block");
    checkInteger(end, first + 1, blocks, "CfiFlash: end block");
    this.#port.settle();
    for (let block = first; block < end; block += 1) this.#erase(block * blockLength);
  }

  read(target: number | Uint8Array, position: number): ArrayBuffer {
    this.#checkOpen();
    this.#checkRange(target instanceof Uint8Array ? target.length : target, position);
    this.#port.settle();
    if (typeof target === "number" && this.#array !== undefined) return this.#array.read(position, target);
    const bytes = typeof target === "number" ? new Uint8Array(target) : target;
    if (this.#array !== undefined) bytes.set(new Uint8Array(this.#array.read(position, bytes.length)));
    else this.#readWords(bytes, position);
    return bytes.buffer as ArrayBuffer;
  }

  write(data: ArrayBuffer | Uint8Array, position: number): void {
    this.#checkOpen();
    const bytes = toBytes(data);
    this.#checkRange(bytes.length, position);
    if (bytes.length % WORD !== 0 || position % WORD !== 0) {
      throw new RangeError(
        `CfiFlash: expected position and length to be multiples of ${WORD}, found ${position} and ${bytes.length}`,
      );
    }
    const words = new Uint32Array(bytes.slice().buffer);
    this.#port.settle();
    this.#checkProgrammable(words, position);
    // A buffered write that crosses a multiple of the buffer length is lost or wraps, depending on the chip.
    const step = (this.#geometry.bufferLength === 0 ? WORD : this.#geometry.bufferLength) / WORD;
    let index = 0;
    while (index < words.length) {
      const first = position / WORD + index;
      const count = Math.min(step - (first % step), words.length - index);
      this.#program(words.subarray(index, index + count), first * WORD);
      index += count;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.readArray();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError("CfiFlash");
  }

  #checkRange(length: number, position: number): number {
    checkInteger(position, 0, this.#size, "CfiFlash: position");
    return checkInteger(length, 0, this.#size - position, `CfiFlash: length at ${hex(position)}`);
  }

  #readWords(bytes: Uint8Array, position: number): void {
    let index = 0;
    while (index < bytes.length && (position + index) % WORD !== 0) {
      bytes[index] = this.#registers.read8(position + index);
      index += 1;
    }
    const words = new Uint32Array((bytes.length - index) >> 2);
    for (let word = 0; word < words.length; word += 1) {
      words[word] = this.#registers.read32(position + index + word * WORD);
    }
    bytes.set(new Uint8Array(words.buffer), index);
    index += words.length * WORD;
    for (; index < bytes.length; index += 1) bytes[index] = this.#registers.read8(position + index);
  }

  /** Position of the first word of a range that is not erased; undefined when all are. */
  #firstProgrammed(position: number, byteLength: number): number | undefined {
    if (this.#array?.isErased(position, byteLength)) return undefined;
    for (let at = position; at < position + byteLength; at += WORD) {
      if (this.#registers.read32(at) !== ERASED_WORD) return at;
    }
    return undefined;
  }

  /** The NOR rule, for the whole write before its first word. */
  #checkProgrammable(words: Uint32Array, position: number): void {
    if (this.#units === undefined && this.#array?.isErased(position, words.byteLength)) return;
    for (let index = 0; index < words.length; index += 1) {
      const at = position + index * WORD;
      const word = words[index] as number;
      const old = this.#registers.read32(at);
      const tracked = this.#units !== undefined && (old !== ERASED_WORD || this.#units.has(at / WORD));
      if (tracked || (old & word) >>> 0 !== word) {
        const before = tracked ? " programmed before" : "";
        throw new DriverError(
          "not-erased",
          `CfiFlash: expected an erased unit at ${hex(at)} for ${hex(word)}, found ${hex(old)}${before}`,
        );
      }
    }
  }

  /** One write buffer full, or one word on chips without a buffer. */
  #program(words: Uint32Array, position: number): void {
    const port = this.#port;
    const limit = this.#geometry.programLimit;
    this.#units?.add(position / WORD, words.length);
    try {
      if (this.#geometry.bufferLength === 0) port.write(position, COMMAND.PROGRAM_WORD);
      else {
        port.openBuffer(position, limit);
        const count = words.length - 1;
        port.write(position, (count | (count << 16)) >>> 0);
      }
      for (let index = 0; index < words.length; index += 1) {
        this.#registers.write32(position + index * WORD, words[index] as number);
      }
      if (this.#geometry.bufferLength !== 0) port.write(position, COMMAND.CONFIRM);
      port.complete(position, limit, "programming");
    } finally {
      port.readArray();
    }
    if (this.#array?.equals(position, new Uint8Array(words.buffer, words.byteOffset, words.byteLength))) return;
    for (let index = 0; index < words.length; index += 1) {
      const found = this.#registers.read32(position + index * WORD);
      if (found !== words[index]) throw verifyError(position + index * WORD, words[index] as number, found);
    }
  }

  #erase(position: number): void {
    const port = this.#port;
    try {
      port.write(position, COMMAND.ERASE);
      port.write(position, COMMAND.CONFIRM);
      port.complete(position, this.#geometry.eraseLimit, "erasing");
    } finally {
      port.readArray();
    }
    const weak = this.#firstProgrammed(position, this.#geometry.blockLength);
    if (weak !== undefined) throw verifyError(weak, ERASED_WORD, this.#registers.read32(weak));
    this.#units?.remove(position / WORD, this.#geometry.blockLength / WORD);
  }
}

function checkGeometry({ size, blockLength, bufferLength, programLimit, eraseLimit }: CfiGeometry): void {
  checkInteger(blockLength, WORD, 0x8000_0000, "CfiFlash: geometry.blockLength");
  checkInteger(size, blockLength, 0x8000_0000, "CfiFlash: geometry.size");
  checkInteger(bufferLength, 0, 0x2_0000, "CfiFlash: geometry.bufferLength");
  checkInteger(programLimit, 1, 0x8000_0000, "CfiFlash: geometry.programLimit");
  checkInteger(eraseLimit, 1, 0x8000_0000, "CfiFlash: geometry.eraseLimit");
}

function verifyError(position: number, expected: number, found: number): DriverError {
  return new DriverError(
    "verify-failed",
    `CfiFlash: expected ${hex(expected)} at ${hex(position)} when read back, found ${hex(found)}`,
  );
}

function toBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError(`CfiFlash: expected an ArrayBuffer or a Uint8Array to write, found ${typeof data}`);
}
