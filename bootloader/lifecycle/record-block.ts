/** One of two blocks that hold a record each: the record, the flag that says it is finished, and marks that void later ones. */
import { readUint32, writeUint32 } from "../../protocol/image/bytes.ts";
import { crc32 } from "../marks/crc32.ts";
import { type MarkFlash, readBytes, readWords, tryErase, tryWrite } from "../marks/flash-access.ts";
import { classifyMark, ERASED_BYTE, markByteLength } from "../marks/mark.ts";
import { type FlagReading, ProvenFlag } from "../marks/proven-flag.ts";
import { LifecycleError } from "./errors.ts";

/** Longest payload of a record in bytes. */
export const PAYLOAD_BYTE_LIMIT = 1000;

/** `HFLC`, little endian. */
const RECORD_MAGIC = 0x434c4648;
/** Magic, sequence, length of the payload; the payload and a CRC-32 of all of it follow. */
const HEADER_BYTE_LENGTH = 12;
const CHECKSUM_BYTE_LENGTH = 4;
/** Where the marks begin: a multiple of every write unit. */
const MARKS_OFFSET = 1024;
const SEAL_PAIRS = 3;
/** Each is used up by a power cut inside the seal of a record in the other block. */
const VOID_STEPS = 8;

/** A block that holds a readable record. */
export interface OpenBlock {
  readonly block: RecordBlock;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly seal: FlagReading;
}

/** How many later records are void; each number is the highest step of its kind. */
export interface VoidReading {
  /** Set, perhaps only this time. */
  readonly value: number;
  /** Set for good. */
  readonly proven: number;
  /** Not erased. */
  readonly touched: number;
}

/** Layout: record, 1024 bytes; three pairs of mark and proof that seal it; eight such pairs that void later records. */
export class RecordBlock {
  readonly #flash: MarkFlash;
  readonly #number: number;
  readonly #start: number;
  readonly #mark: number;
  readonly #seal: ProvenFlag;

  /** @throws LifecycleError `flash-geometry` */
  constructor(flash: MarkFlash, number: number) {
    const { blockLength, blocks, eraseValue, writeAlign } = flash.status();
    this.#flash = flash;
    this.#number = number;
    this.#start = number * blockLength;
    this.#mark = markByteLength(writeAlign);
    const byteLength = MARKS_OFFSET + 2 * (SEAL_PAIRS + VOID_STEPS) * this.#mark;
    if (blocks !== 2 || eraseValue !== ERASED_BYTE || blockLength < byteLength) {
      const found = `${blocks} of ${blockLength} that erase to ${eraseValue}`;
      throw new LifecycleError("flash-geometry", `two blocks of ${byteLength} bytes that erase to 255`, found);
    }
    const positions: number[] = [];
    for (let index = 0; index < 2 * SEAL_PAIRS; index += 1) {
      positions.push(this.#start + MARKS_OFFSET + index * this.#mark);
    }
    this.#seal = new ProvenFlag(flash, positions, this.#mark);
  }

  /** @returns undefined when the block holds no readable record */
  open(): OpenBlock | undefined {
    const header = readBytes(this.#flash, this.#start, HEADER_BYTE_LENGTH);
    const length = readUint32(header, 8);
    if (readUint32(header, 0) !== RECORD_MAGIC || length > PAYLOAD_BYTE_LIMIT) return undefined;
    const end = HEADER_BYTE_LENGTH + length;
    const record = readBytes(this.#flash, this.#start, end + CHECKSUM_BYTE_LENGTH);
    // The cells may be in doubt: what counts is this reading, the header's included.
    if (readUint32(record, 8) !== length || readUint32(record, end) !== crc32(record, end)) return undefined;
    return {
      block: this,
      sequence: readUint32(record, 4),
      payload: record.subarray(HEADER_BYTE_LENGTH, end),
      seal: this.#seal.read(),
    };
  }

  /** Makes the record count for good; call it before writing to the block, or erasing the other. @returns false when it cannot */
  prove(): boolean {
    return this.#seal.prove();
  }

  /** Erases the block and writes a record, sealed last. @returns false when the flash failed */
  replace(sequence: number, payload: Uint8Array): boolean {
    return (
      tryErase(this.#flash, this.#number) &&
      tryWrite(this.#flash, this.#encode(sequence, payload), this.#start) &&
      this.open() !== undefined &&
      this.#seal.prove()
    );
  }

  readVoid(): VoidReading {
    const words = readWords(this.#flash, this.#voidAt(1), 2 * VOID_STEPS * this.#mark);
    let value = 0;
    let proven = 0;
    let touched = 0;
    for (let step = 1; step <= VOID_STEPS; step += 1) {
      const offset = 2 * (step - 1) * this.#mark;
      const mark = classifyMark(words, offset, this.#mark);
      const proof = classifyMark(words, offset + this.#mark, this.#mark);
      if (mark !== "erased" || proof !== "erased") touched = step;
      if (mark === "exact" || proof === "exact") value = step;
      if (proof === "exact") proven = step;
    }
    return { value, proven, touched };
  }

  /** Voids, for good, records whose sequence is up to `reach` above that of this block. @returns false when no marks are left */
  voidUpTo(reach: number): boolean {
    if (this.readVoid().proven >= reach) return true;
    for (let step = reach; step <= VOID_STEPS; step += 1) {
      const mark = this.#voidAt(step);
      if (new ProvenFlag(this.#flash, [mark, mark + this.#mark], this.#mark).prove()) return true;
    }
    return false;
  }

  #voidAt(step: number): number {
    return this.#start + MARKS_OFFSET + 2 * (SEAL_PAIRS + step - 1) * this.#mark;
  }

  #encode(sequence: number, payload: Uint8Array): Uint8Array {
    const end = HEADER_BYTE_LENGTH + payload.length;
    const units = Math.ceil((end + CHECKSUM_BYTE_LENGTH) / this.#mark);
    const bytes = new Uint8Array(units * this.#mark).fill(ERASED_BYTE);
    writeUint32(bytes, 0, RECORD_MAGIC);
    writeUint32(bytes, 4, sequence);
    writeUint32(bytes, 8, payload.length);
    bytes.set(payload, HEADER_BYTE_LENGTH);
    writeUint32(bytes, end, crc32(bytes, end));
    return bytes;
  }
}
