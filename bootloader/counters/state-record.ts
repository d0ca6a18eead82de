/** The record at the start of a state sector: sequence, selection and counter bases under a CRC. Design note 0010. */
import { readUint32, writeUint32 } from "../../protocol/image/bytes.ts";
import { crc32 } from "../marks/crc32.ts";
import { StateError } from "./state-error.ts";

/** `HFST`, little endian. */
export const STATE_MAGIC = 0x54534648;
/** Version of the layout. */
export const STATE_FORMAT = 1;
/** Bytes of a record: a multiple of every write unit. */
export const STATE_RECORD_BYTE_LENGTH = 64;
/** Kinds of image that have slots: 0 the root of trust, 1 the runtime. */
export const IMAGE_COUNT = 2;
/** Counters that a record holds the bases of; their numbers are in `counter-names.ts`. */
export const COUNTER_COUNT = 8;
/** Largest value of a counter and of a sequence: a 32-bit number, as SEC_CNT is. */
export const COUNTER_LIMIT = 0xffffffff;

/** One of the two slots of an image. */
export type SlotName = "a" | "b";

/** What a sector says before its marks are counted. */
export interface StateRecord {
  /** Rises with each record; the higher of two finished ones counts. */
  readonly sequence: number;
  /** By image: the slot preferred among confirmed ones, if any. */
  readonly selection: readonly (SlotName | undefined)[];
  /** By counter: its value when the record was written. */
  readonly bases: readonly number[];
}

const SELECTION_OFFSET = 12;
const BASES_OFFSET = 16;
const CHECKSUM_OFFSET = 60;

/** Writes a record. @throws StateError `state-value` */
export function encodeStateRecord(record: StateRecord): Uint8Array {
  const bytes = new Uint8Array(STATE_RECORD_BYTE_LENGTH).fill(0xff);
  writeUint32(bytes, 0, STATE_MAGIC);
  writeUint32(bytes, 4, STATE_FORMAT);
  writeUint32(bytes, 8, requireCounter("sequence", record.sequence));
  for (let image = 0; image < 4; image += 1) {
    const slot = record.selection[image];
    bytes[SELECTION_OFFSET + image] = slot === undefined ? 0 : slot === "a" ? 1 : 2;
  }
  for (let counter = 0; counter < COUNTER_COUNT; counter += 1) {
    writeUint32(bytes, BASES_OFFSET + 4 * counter, requireCounter("counter", record.bases[counter] ?? 0));
  }
  writeUint32(bytes, CHECKSUM_OFFSET, crc32(bytes, CHECKSUM_OFFSET));
  return bytes;
}

/** Reads a record. @returns undefined for anything that {@link encodeStateRecord} does not write */
export function decodeStateRecord(bytes: Uint8Array): StateRecord | undefined {
  if (bytes.length < STATE_RECORD_BYTE_LENGTH || readUint32(bytes, 0) !== STATE_MAGIC) return undefined;
  if (readUint32(bytes, 4) !== STATE_FORMAT) return undefined;
  if (readUint32(bytes, CHECKSUM_OFFSET) !== crc32(bytes, CHECKSUM_OFFSET)) return undefined;
  const selection: (SlotName | undefined)[] = [];
  for (let image = 0; image < IMAGE_COUNT; image += 1) {
    const code = bytes[SELECTION_OFFSET + image] as number;
    if (code > 2) return undefined;
    selection.push(code === 0 ? undefined : code === 1 ? "a" : "b");
  }
  const bases: number[] = [];
  for (let counter = 0; counter < COUNTER_COUNT; counter += 1) {
    bases.push(readUint32(bytes, BASES_OFFSET + 4 * counter));
  }
  return { sequence: readUint32(bytes, 8), selection, bases };
}

/** @throws StateError `state-value` for anything but a whole number of 32 bits */
export function requireCounter(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= COUNTER_LIMIT) return value;
  throw new StateError("state-value", `${name} from 0 to ${COUNTER_LIMIT}`, `${value}`);
}
