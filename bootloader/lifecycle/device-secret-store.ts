/** The device secret in one block of flash, which only the first stage reaches: written once, and gone for good when destroyed. */
import { readUint32, writeUint32 } from "../../protocol/image/bytes.ts";
import { crc32 } from "../marks/crc32.ts";
import { type MarkFlash, readBytes, readWords, tryErase, tryWrite } from "../marks/flash-access.ts";
import { classifyMark, ERASED_BYTE, markByteLength, writeMark } from "../marks/mark.ts";
import { LifecycleError } from "./errors.ts";

/** Length of a device secret in bytes. */
export const DEVICE_SECRET_BYTE_LENGTH = 32;

/**
 * | state | meaning |
 * |---|---|
 * | blank | never written to the end; a secret may be made |
 * | present | a secret is there, whole |
 * | destroyed | there was one; there will be none |
 * | damaged | what is there is no secret, and none may be made over it |
 */
export type DeviceSecretState = "blank" | "present" | "destroyed" | "damaged";

/** Tries to write that power cuts may spoil. */
const PLACES = 8;
/** Marks of a place: begun, sealed, proof of the seal. */
const PLACE_MARKS = 3;

/** A record: magic `HFDS`, kind, secret, its complement, CRC-32 of all that, padding. */
const RECORD_BYTE_LENGTH = 80;
const RECORD_MAGIC = 0x53444648;
const KIND_SECRET = 1;
const KIND_DESTROYED = 2;
const SECRET_OFFSET = 8;
const COMPLEMENT_OFFSET = SECRET_OFFSET + DEVICE_SECRET_BYTE_LENGTH;
const CHECKSUM_OFFSET = COMPLEMENT_OFFSET + DEVICE_SECRET_BYTE_LENGTH;

/** What the places say, read once a power cycle. */
interface Reading {
  readonly state: DeviceSecretState;
  /** The place whose record counts, when there is one. */
  readonly place: number;
  /** That record counts for good. */
  readonly isProven: boolean;
  /** The first place in which nothing was begun. */
  readonly free: number;
}

/**
 * Places are used in order, and the highest sealed one counts (docs/design/0014-lifecycle.md):
 * - `begun` is written before the record, so a place whose record may have been touched is known, and is not used again;
 * - `sealed` is written after the record was read back, so a place that reads as sealed, if only by chance, holds a whole record;
 * - a place that reads as sealed without proof is copied to the next place before its secret is used, so that what was used once
 *   is there for good.
 *
 * What the first call finds holds for the power cycle: cells that a cut left in doubt may read otherwise a moment later.
 */
export class DeviceSecretStore {
  readonly #flash: MarkFlash;
  readonly #mark: number;
  #reading: Reading | undefined;

  /** @throws LifecycleError `flash-geometry` unless the flash is one block with room for the places */
  constructor(flash: MarkFlash) {
    const { blockLength, blocks, eraseValue, writeAlign } = flash.status();
    this.#flash = flash;
    this.#mark = markByteLength(writeAlign);
    if (blocks !== 1 || eraseValue !== ERASED_BYTE || blockLength < this.#recordAt(PLACES)) {
      const found = `${blocks} of ${blockLength} that erase to ${eraseValue}`;
      throw new LifecycleError(
        "flash-geometry",
        `one block of ${this.#recordAt(PLACES)} bytes that erases to 255`,
        found,
      );
    }
  }

  /** Stays the same until the power cycle ends, but for {@link write} and {@link destroy}. */
  state(): DeviceSecretState {
    return this.#read().state;
  }

  /**
   * Writes the secret of a blank device, once. The caller keeps and zeroes its bytes. A cut leaves the device blank or with
   * exactly this secret.
   * @throws LifecycleError `secret-length`, `secret-exists`, `flash-worn`
   */
  write(secret: Uint8Array): void {
    if (secret.length !== DEVICE_SECRET_BYTE_LENGTH) {
      throw new LifecycleError("secret-length", `${DEVICE_SECRET_BYTE_LENGTH} bytes`, `${secret.length}`);
    }
    const reading = this.#read();
    if (reading.state !== "blank") throw new LifecycleError("secret-exists", "a blank device", `one ${reading.state}`);
    this.#append(KIND_SECRET, secret, reading.free);
  }

  /**
   * The secret, 32 bytes, for the caller to use and zero. Each call gives the same, for the life of the device.
   * @throws LifecycleError `secret-missing` unless {@link state} is present; `flash-worn` when it cannot be made sure that the
   * secret will be there tomorrow
   */
  read(): Uint8Array {
    const { state, place, isProven, free } = this.#read();
    const record = state === "present" ? this.#record(place) : undefined;
    if (record === undefined) throw new LifecycleError("secret-missing", "a device secret", state);
    const secret = record.slice(SECRET_OFFSET, COMPLEMENT_OFFSET);
    record.fill(0);
    // With no place left no other secret can ever be written, so then the reading will do.
    if (!isProven && free < PLACES) this.#append(KIND_SECRET, secret, free);
    return secret;
  }

  /**
   * Makes the secret unreadable for good; nothing happens when it is. A cut may leave anything, so the lifecycle must say
   * decommissioned before, and whoever finds that at a later boot calls this again.
   * @throws LifecycleError `flash-worn`
   */
  destroy(): void {
    const { state, isProven } = this.#read();
    if (state === "destroyed" && isProven) return;
    this.#reading = undefined;
    if (!tryErase(this.#flash, 0)) throw worn("a block that can be erased");
    this.#append(KIND_DESTROYED, new Uint8Array(DEVICE_SECRET_BYTE_LENGTH), 0);
  }

  #read(): Reading {
    this.#reading ??= this.#look();
    return this.#reading;
  }

  #look(): Reading {
    const words = readWords(this.#flash, 0, PLACES * PLACE_MARKS * this.#mark);
    let free = 0;
    let place = -1;
    let isProven = false;
    let isWhole = true;
    for (let index = 0; index < PLACES; index += 1) {
      const offset = index * PLACE_MARKS * this.#mark;
      const begun = classifyMark(words, offset, this.#mark);
      const sealed = classifyMark(words, offset + this.#mark, this.#mark);
      const proof = classifyMark(words, offset + 2 * this.#mark, this.#mark);
      if (begun === "erased" && sealed === "erased" && proof === "erased") continue;
      free = index + 1;
      const isSealed = sealed === "exact" || proof === "exact";
      // Neither is left by a power cut, since each mark is begun after the one before it was written to its end.
      const isImpossible = proof !== "erased" || (sealed !== "erased" && begun === "erased");
      if (!isSealed && !isImpossible) continue;
      place = index;
      isProven = proof === "exact";
      isWhole = isSealed;
    }
    if (place < 0) return { state: free < PLACES ? "blank" : "damaged", place, isProven, free };
    const kind = isWhole ? this.#kindAt(place) : undefined;
    const state = kind === KIND_SECRET ? "present" : kind === KIND_DESTROYED ? "destroyed" : "damaged";
    return { state, place, isProven, free };
  }

  #kindAt(place: number): number | undefined {
    const record = this.#record(place);
    if (record === undefined) return undefined;
    const kind = readUint32(record, 4);
    record.fill(0);
    return kind;
  }

  #recordAt(place: number): number {
    return PLACES * PLACE_MARKS * this.#mark + place * RECORD_BYTE_LENGTH;
  }

  /** @returns undefined for anything that {@link encodeRecord} does not write */
  #record(place: number): Uint8Array | undefined {
    const record = readBytes(this.#flash, this.#recordAt(place), RECORD_BYTE_LENGTH);
    if (isRecord(record)) return record;
    record.fill(0);
    return undefined;
  }

  /** @throws LifecycleError `flash-worn` */
  #append(kind: number, secret: Uint8Array, free: number): void {
    this.#reading = undefined;
    const record = encodeRecord(kind, secret);
    try {
      for (let place = free; place < PLACES; place += 1) {
        if (!this.#writePlace(place, record)) continue;
        const state = kind === KIND_SECRET ? "present" : "destroyed";
        this.#reading = { state, place, isProven: true, free: place + 1 };
        return;
      }
    } finally {
      record.fill(0);
    }
    throw worn("a place that takes a record");
  }

  #writePlace(place: number, record: Uint8Array): boolean {
    const begun = place * PLACE_MARKS * this.#mark;
    return (
      writeMark(this.#flash, begun, this.#mark) &&
      tryWrite(this.#flash, record, this.#recordAt(place)) &&
      this.#holds(place, record) &&
      writeMark(this.#flash, begun + this.#mark, this.#mark) &&
      writeMark(this.#flash, begun + 2 * this.#mark, this.#mark)
    );
  }

  #holds(place: number, record: Uint8Array): boolean {
    const found = readBytes(this.#flash, this.#recordAt(place), RECORD_BYTE_LENGTH);
    let difference = 0;
    for (let index = 0; index < RECORD_BYTE_LENGTH; index += 1) {
      difference |= (found[index] as number) ^ (record[index] as number);
    }
    found.fill(0);
    return difference === 0;
  }
}

function encodeRecord(kind: number, secret: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_BYTE_LENGTH).fill(ERASED_BYTE);
  writeUint32(record, 0, RECORD_MAGIC);
  writeUint32(record, 4, kind);
  record.set(secret, SECRET_OFFSET);
  for (let index = 0; index < DEVICE_SECRET_BYTE_LENGTH; index += 1) {
    record[COMPLEMENT_OFFSET + index] = ~(secret[index] as number);
  }
  writeUint32(record, CHECKSUM_OFFSET, crc32(record, CHECKSUM_OFFSET));
  return record;
}

/** The complement finds all bits that faded one way, however many; the CRC finds few that flipped both ways. */
function isRecord(record: Uint8Array): boolean {
  let matches = 0xff;
  for (let index = 0; index < DEVICE_SECRET_BYTE_LENGTH; index += 1) {
    matches &= (record[SECRET_OFFSET + index] as number) ^ (record[COMPLEMENT_OFFSET + index] as number);
  }
  return (
    matches === 0xff &&
    readUint32(record, 0) === RECORD_MAGIC &&
    readUint32(record, CHECKSUM_OFFSET) === crc32(record, CHECKSUM_OFFSET)
  );
}

function worn(expected: string): LifecycleError {
  return new LifecycleError("flash-worn", expected, "none");
}
