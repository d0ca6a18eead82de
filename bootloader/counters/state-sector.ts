/** One of the two state sectors: a record, the flag that says it is finished, and the thermometers of its counters. */
import { type MarkFlash, readBytes, tryErase, tryWrite } from "../marks/flash-access.ts";
import { markByteLength } from "../marks/mark.ts";
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
const STEP_LIMIT = 32;

/** What a thermometer reads; each number is the highest step of its kind, 0 for none. A jump writes its last step only. */
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
    const bytes = readBytes(this.#flash, this.#start, byteLength);
    const record = decodeStateRecord(bytes);
    if (record === undefined) return undefined;
    return {
      sector: this,
      record,
      seal: summarizeFlag(classifyMarks(bytes, this.#start, this.#sealPositions, this.#mark)),
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
    const positions: number[] = [];
    for (let step = 1; step <= this.stepsOf(thermometer); step += 1) positions.push(...this.#pair(thermometer, step));
    const start = positions[0] as number;
    const bytes = readBytes(this.#flash, start, positions.length * this.#mark);
    const readings = classifyMarks(bytes, start, positions, this.#mark);
    let value = 0;
    let proven = 0;
    let touched = 0;
    for (let index = 0; index < readings.length; index += 1) {
      const step = (index >> 1) + 1;
      if (readings[index] !== "erased") touched = step;
      if (readings[index] !== "exact") continue;
      value = step;
      if (index % 2 === 1) proven = step;
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
