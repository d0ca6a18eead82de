/** One of the two blocks of the crash log: a header, a mark for each slot that was begun, and the slots. Design note 0013. */
import { type MarkFlash, readBytes, readWords, tryErase, tryWrite } from "../marks/flash-access.ts";
import { ERASED_WORD, MARK_WORD, markByteLength, readMark, writeMark } from "../marks/mark.ts";
import { LogError } from "./log-error.ts";
import { checksum, type LogQuotas, LogState, stateByteLength } from "./log-state.ts";

/** Slots at the end of a block that are written only while the other block cannot be made: one is used up by each power cut there. */
export const RESERVED_SLOTS = 8;

/** `HFCL`, little endian. */
const MAGIC = 0x4c434648;
const FORMAT = 1;
const HEADER_BYTE_LENGTH = 32;
const HEADER_WORDS = 4;

/** What a block says. */
export interface OpenBlock {
  /** Rises with each block that is made; the higher of two counts, unless the other went on without it. */
  readonly generation: number;
  /** The first slot above all that were begun. */
  readonly tail: number;
  /** The slot of the newest finished state, or -1. */
  readonly slot: number;
  readonly state: LogState | undefined;
}

/**
 * Layout from the block's start, with marks of A bytes (8, or 16 on 16-byte write units): the header, 32 bytes; a begin mark for
 * each slot; the slots. A slot is a commit mark, a state, and room for a record.
 *
 * A slot's begin mark is written to its end before anything else of the slot. So a slot whose mark reads erased was not touched,
 * and one that is touched is never written again, whatever it reads as. Its commit mark is written last: once that has returned,
 * all of the slot is there for good.
 */
export class LogBlock {
  /** Number of slots. */
  readonly slots: number;
  readonly #flash: MarkFlash;
  readonly #block: number;
  readonly #start: number;
  readonly #mark: number;
  readonly #quotas: LogQuotas;
  readonly #stateByteLength: number;

  /** @throws LogError `log-geometry` */
  constructor(flash: MarkFlash, block: number, quotas: LogQuotas) {
    const { blockLength, blocks, eraseValue, writeAlign } = flash.status();
    if (blocks !== 2 || eraseValue !== 0xff) {
      throw new LogError("log-geometry", "two blocks that erase to 255", `${blocks} that erase to ${eraseValue}`);
    }
    this.#flash = flash;
    this.#block = block;
    this.#start = block * blockLength;
    this.#mark = markByteLength(writeAlign);
    this.#quotas = quotas;
    this.#stateByteLength = stateByteLength(quotas);
    this.slots = Math.floor((blockLength - HEADER_BYTE_LENGTH) / (this.#mark + this.#slotByteLength));
    const least = quotas.root + quotas.runtime + RESERVED_SLOTS + 2;
    if (this.slots < least) throw new LogError("log-geometry", `room for ${least} slots`, `${this.slots}`);
  }

  get #slotByteLength(): number {
    return this.#mark + this.#stateByteLength + this.#quotas.recordByteLimit;
  }

  /** @returns undefined when the block holds no readable header: then nothing else of it was ever finished */
  open(): OpenBlock | undefined {
    const header = readWords(this.#flash, this.#start, HEADER_BYTE_LENGTH);
    if (header[0] !== MAGIC || header[1] !== this.#format) return undefined;
    if (header[3] !== checksum(header, 0, HEADER_WORDS - 1)) return undefined;
    const marks = readWords(this.#flash, this.#start + HEADER_BYTE_LENGTH, this.slots * this.#mark);
    const stride = this.#mark >> 2;
    // From the end, since a mark that a cut left in doubt may read erased below others. Above the last whole one nothing but marks
    // was ever written.
    let tail = Math.floor(marks.lastIndexOf(MARK_WORD) / stride) + 1;
    while (tail < this.slots && marks[tail * stride] !== ERASED_WORD) tail += 1;
    let slot = tail - 1;
    let state: LogState | undefined;
    for (; slot >= 0; slot -= 1) {
      state = this.#read(slot);
      if (state !== undefined) break;
    }
    return { generation: header[2] as number, tail, slot, state };
  }

  /** @returns undefined for a slot that was not finished */
  #read(slot: number): LogState | undefined {
    const position = this.#position(slot);
    if (readMark(this.#flash, position, this.#mark) !== "exact") return undefined;
    return LogState.decode(readWords(this.#flash, position + this.#mark, this.#stateByteLength), this.#quotas);
  }

  get #format(): number {
    const { root, runtime, recordByteLimit } = this.#quotas;
    return (FORMAT | (root << 4) | (runtime << 12) | (recordByteLimit << 20)) >>> 0;
  }

  /** Erases the block and writes its header; it does not count before a state is stored. @returns false when the flash failed */
  begin(generation: number): boolean {
    const words = new Uint32Array(HEADER_BYTE_LENGTH >> 2).fill(ERASED_WORD);
    words[0] = MAGIC;
    words[1] = this.#format;
    words[2] = generation;
    words[3] = checksum(words, 0, HEADER_WORDS - 1);
    return tryErase(this.#flash, this.#block) && tryWrite(this.#flash, new Uint8Array(words.buffer), this.#start);
  }

  /** Writes a slot that was not begun before. @returns false when it was, or when the flash failed; then the slot is lost */
  store(slot: number, state: LogState, record: Uint8Array | undefined): boolean {
    const position = this.#position(slot);
    return (
      writeMark(this.#flash, this.#beginPosition(slot), this.#mark) &&
      (record === undefined || this.putRecord(slot, record)) &&
      tryWrite(this.#flash, state.encode(), position + this.#mark) &&
      writeMark(this.#flash, position, this.#mark)
    );
  }

  /** Writes the bytes of a record alone, in a block that is being made or a slot that was begun. @returns false when the flash failed */
  putRecord(slot: number, record: Uint8Array): boolean {
    const padded = new Uint8Array(Math.ceil(record.length / this.#mark) * this.#mark).fill(0xff);
    padded.set(record);
    return tryWrite(this.#flash, padded, this.#recordPosition(slot));
  }

  readRecord(slot: number, byteLength: number): Uint8Array {
    return readBytes(this.#flash, this.#recordPosition(slot), byteLength);
  }

  #beginPosition(slot: number): number {
    return this.#start + HEADER_BYTE_LENGTH + slot * this.#mark;
  }

  #position(slot: number): number {
    return this.#start + HEADER_BYTE_LENGTH + this.slots * this.#mark + slot * this.#slotByteLength;
  }

  #recordPosition(slot: number): number {
    return this.#position(slot) + this.#mark + this.#stateByteLength;
  }
}
