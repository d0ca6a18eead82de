/** One of the two blocks of the crash log: a header, a mark for each slot that was begun, and the slots. Design note 0013. */
import { type MarkFlash, readBytes, readWords, tryErase, tryWrite } from "../marks/flash-access.ts";
import { ERASED_WORD, markByteLength, readMark, writeMark } from "../marks/mark.ts";
import { LogError } from "./log-error.ts";
import { checksum, type LogQuotas, LogState, stateByteLength } from "./log-state.ts";

/** Most bytes of a record. */
export const RECORD_BYTE_LIMIT = 512;
/** Slots at the end of a block that are written only while the other block cannot be made: one is used up by each power cut there. */
export const RESERVED_SLOTS = 8;

/** `HFCL`, little endian. */
const MAGIC = 0x4c434648;
const FORMAT = 1;
const HEADER_BYTE_LENGTH = 32;
const HEADER_WORDS = 5;

/** What a block says of itself. */
export interface BlockHeader {
  /** Rises with each block that is made; the higher of two usable ones counts. */
  readonly generation: number;
  /** Slots that were begun in the other block when this one was made from it. A finished one from there on makes this block void. */
  readonly from: number;
}

/** A finished state and where it was found. */
export interface FoundState {
  readonly state: LogState;
  readonly slot: number;
}

/**
 * Layout from the block's start, with marks of A bytes (8, or 16 on 16-byte write units): the header, 32 bytes; a begin mark for
 * each slot; the slots. A slot is a commit mark, a state, and a record of 512 bytes.
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
    return this.#mark + this.#stateByteLength + RECORD_BYTE_LIMIT;
  }

  /** @returns undefined when the block holds no readable header */
  readHeader(): BlockHeader | undefined {
    const words = readWords(this.#flash, this.#start, HEADER_BYTE_LENGTH);
    if (words[0] !== MAGIC || words[1] !== this.#format) return undefined;
    if (words[4] !== checksum(words, 0, HEADER_WORDS - 1)) return undefined;
    return { generation: words[2] as number, from: words[3] as number };
  }

  /** Blocks of other quotas have another layout. */
  get #format(): number {
    return FORMAT | (this.#quotas.root << 8) | (this.#quotas.runtime << 16);
  }

  /** Erases the block and writes its header; nothing in it counts before a state is stored. @returns false when the flash failed */
  begin({ generation, from }: BlockHeader): boolean {
    const words = new Uint32Array(HEADER_BYTE_LENGTH >> 2).fill(ERASED_WORD);
    words[0] = MAGIC;
    words[1] = this.#format;
    words[2] = generation;
    words[3] = from;
    words[4] = checksum(words, 0, HEADER_WORDS - 1);
    return tryErase(this.#flash, this.#block) && tryWrite(this.#flash, new Uint8Array(words.buffer), this.#start);
  }

  /** Number of the first slot above all that were begun. */
  tail(): number {
    const words = readWords(this.#flash, this.#start + HEADER_BYTE_LENGTH, this.slots * this.#mark);
    let index = words.length - 1;
    // From the end, since a mark that a cut left in doubt may read erased below others.
    while (index >= 0 && words[index] === ERASED_WORD) index -= 1;
    return index < 0 ? 0 : Math.floor((4 * index) / this.#mark) + 1;
  }

  /** The newest finished state at or above a slot. */
  newest(lowest: number): FoundState | undefined {
    for (let slot = this.tail() - 1; slot >= lowest; slot -= 1) {
      const position = this.#position(slot);
      if (readMark(this.#flash, position, this.#mark) !== "exact") continue;
      const words = readWords(this.#flash, position + this.#mark, this.#stateByteLength);
      const state = LogState.decode(words, this.#quotas);
      if (state !== undefined) return { state, slot };
    }
    return undefined;
  }

  /** Writes a slot that was not begun before. @returns false when it was, or when the flash failed; then the slot is lost */
  store(slot: number, state: LogState, record: Uint8Array | undefined): boolean {
    const position = this.#position(slot);
    return (
      writeMark(this.#flash, this.#start + HEADER_BYTE_LENGTH + slot * this.#mark, this.#mark) &&
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

  #position(slot: number): number {
    return this.#start + HEADER_BYTE_LENGTH + this.slots * this.#mark + slot * this.#slotByteLength;
  }

  #recordPosition(slot: number): number {
    return this.#position(slot) + this.#mark + this.#stateByteLength;
  }
}
