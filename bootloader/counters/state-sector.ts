/** One of the two state sectors: a record, the flag that says it is finished, and the thermometers of its counters. */
import { type MarkFlash, readWords, tryErase, tryWrite } from "../marks/flash-access.ts";
import { classifyMark, markByteLength } from "../marks/mark.ts";
import { classifyMarks, type FlagReading, ProvenFlag, summarizeFlag } from "../marks/proven-flag.ts";
import { StateError } from "./state-error.ts";
import {
  COUNTER_COUNT,
  decodeStateRecord,
  encodeStateRecord,
  STATE_RECORD_BYTE_LENGTH,
  type StateRecord,
} from "./state-record.ts";

/** The thermometer before those of the counters that says how many later records of the other sector are void. */
export const VOID_THERMOMETER = -1;

const SEAL_PAIRS = 3;
/** Each is used up by a power cut inside the seal of a record. */
const VOID_STEPS = 8;
const STEP_LIMIT = 16;

/** How far above the highest step of a counter the next one may be; a leap beyond takes a new record. */
export const STEP_REACH = 2;

/** What a thermometer reads; each number is the highest step of its kind, 0 for none. Steps may be left out. */
export interface ThermometerReading {
  /** Set, perhaps only this time. */
  readonly value: number;
  /** Set for good. */
  readonly proven: number;
  /** Not erased. */
  readonly touched: number;
}

/** A sector that holds a readable record. */
export interface OpenSector {
  readonly sector: StateSector;
  readonly record: StateRecord;
  /** Set when the record was finished. */
  readonly seal: FlagReading;
}

/**
 * Layout from the block's start, with marks of A bytes (8, or 16 on 16-byte units): the record, 64 bytes; three pairs of mark and
 * proof that seal it; eight such pairs of the void thermometer; then `steps` pairs for each counter.
 */
export class StateSector {
  /** Steps of each counter's thermometer. */
  readonly #steps: number;
  readonly #flash: MarkFlash;
  readonly #block: number;
  readonly #start: number;
  readonly #mark: number;
  readonly #seal: ProvenFlag;
  readonly #sealPositions: readonly number[];

  /** @throws StateError `state-geometry` */
  constructor(flash: MarkFlash, block: number) {
    const { blockLength, blocks, eraseValue, writeAlign } = flash.status();
    if (blocks !== 2 || eraseValue !== 0xff) {
      throw new StateError("state-geometry", "two blocks that erase to 255", `${blocks} that erase to ${eraseValue}`);
    }
    this.#flash = flash;
    this.#block = block;
    this.#start = block * blockLength;
    this.#mark = markByteLength(writeAlign);
    const sealByteLength = 2 * SEAL_PAIRS * this.#mark;
    const room = blockLength - STATE_RECORD_BYTE_LENGTH - sealByteLength - 2 * VOID_STEPS * this.#mark;
    this.#steps = Math.min(STEP_LIMIT, Math.floor(room / (2 * this.#mark * COUNTER_COUNT)));
    if (this.#steps < 1) throw new StateError("state-geometry", "room for one step a counter", `${blockLength} bytes`);
    const positions: number[] = [];
    for (let index = 0; index < 2 * SEAL_PAIRS; index += 1) {
      positions.push(this.#start + STATE_RECORD_BYTE_LENGTH + index * this.#mark);
    }
    this.#sealPositions = positions;
    this.#seal = new ProvenFlag(flash, positions, this.#mark);
  }

  /** @returns undefined when the sector holds no readable record */
  open(): OpenSector | undefined {
    const byteLength = STATE_RECORD_BYTE_LENGTH + this.#sealPositions.length * this.#mark;
    const words = readWords(this.#flash, this.#start, byteLength);
    const record = decodeStateRecord(new Uint8Array(words.buffer, 0, STATE_RECORD_BYTE_LENGTH));
    if (record === undefined) return undefined;
    return {
      sector: this,
      record,
      seal: summarizeFlag(classifyMarks(words, this.#start, this.#sealPositions, this.#mark)),
    };
  }

  /** Makes the record count for good; call it before writing to the sector, or erasing the other. @returns false when it cannot */
  prove(): boolean {
    return this.#seal.prove();
  }

  /** Erases the sector and writes a record, sealed last. @returns false when the flash failed */
  replace(record: StateRecord): boolean {
    return (
      tryErase(this.#flash, this.#block) &&
      tryWrite(this.#flash, encodeStateRecord(record), this.#start) &&
      this.open() !== undefined &&
      this.#seal.prove()
    );
  }

  /** Steps of a thermometer. */
  stepsOf(thermometer: number): number {
    return thermometer === VOID_THERMOMETER ? VOID_STEPS : this.#steps;
  }

  /** @param thermometer a counter, or {@link VOID_THERMOMETER} */
  read(thermometer: number): ThermometerReading {
    const steps = this.stepsOf(thermometer);
    const words = readWords(this.#flash, this.#pair(thermometer, 1)[0], 2 * steps * this.#mark);
    // Above a gap that no step is written beyond nothing can be; there are hundreds of marks, and most are erased.
    const gap = thermometer === VOID_THERMOMETER ? steps : STEP_REACH;
    let value = 0;
    let proven = 0;
    let touched = 0;
    for (let step = 1; step <= steps && step <= touched + gap; step += 1) {
      const offset = 2 * (step - 1) * this.#mark;
      const mark = classifyMark(words, offset, this.#mark);
      const proof = classifyMark(words, offset + this.#mark, this.#mark);
      if (mark !== "erased" || proof !== "erased") touched = step;
      if (mark === "exact" || proof === "exact") value = step;
      if (proof === "exact") proven = step;
    }
    return { value, proven, touched };
  }

  /** Writes one step for good. @returns false when a cut has spoilt its marks, or the flash fails */
  raise(thermometer: number, step: number): boolean {
    return (
      step <= this.stepsOf(thermometer) &&
      new ProvenFlag(this.#flash, this.#pair(thermometer, step), this.#mark).prove()
    );
  }

  #pair(thermometer: number, step: number): [number, number] {
    const first = this.#start + STATE_RECORD_BYTE_LENGTH + this.#sealPositions.length * this.#mark;
    const pairs = thermometer === VOID_THERMOMETER ? 0 : VOID_STEPS + thermometer * this.#steps;
    const mark = first + 2 * this.#mark * (pairs + step - 1);
    return [mark, mark + this.#mark];
  }
}
