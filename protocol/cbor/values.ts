/** CBOR items as JavaScript values, and the limits under which they are read and written. */

/**
 * An item. Integers are numbers from -(2^53 - 1) to 2^53 - 1; larger ones are refused in both directions (`integer-range`), and
 * travel as byte strings where a format needs them. Numbers that are no integers must be wrapped in a {@link CborFloat}, so that
 * 1 and 1.0 stay different items. `undefined` is `CborSimple(23)`.
 */
export type CborValue =
  | number
  | boolean
  | null
  | string
  | Uint8Array
  | readonly CborValue[]
  | CborMap
  | CborTag
  | CborSimple
  | CborFloat;

/** A map key. Every format of ours, and of COSE, CWT and EAT, has integer or text keys; the decoder refuses others. */
export type CborKey = number | string;

/** One entry of a map. */
export type CborEntry = readonly [key: CborKey, value: CborValue];

/** A map. Decoded entries are in encoded order; entries to be encoded may be in any. */
export class CborMap {
  readonly entries: readonly CborEntry[];

  constructor(entries: readonly CborEntry[]) {
    this.entries = entries;
  }

  /** The value at `key`, or undefined. Linear: maps here have a few entries. */
  get(key: CborKey): CborValue | undefined {
    for (let index = 0; index < this.entries.length; index++) {
      const entry = this.entries[index] as CborEntry;
      if (entry[0] === key) return entry[1];
    }
    return undefined;
  }
}

/** A tagged item (RFC 8949, section 3.4). What the tag asks of its content is for the caller to check. */
export class CborTag {
  /** 0 to 2^53 - 1. */
  readonly tag: number;
  readonly value: CborValue;

  constructor(tag: number, value: CborValue) {
    this.tag = tag;
    this.value = value;
  }
}

/** A simple value other than false, true and null (RFC 8949, section 3.3): 0 to 19, 23 (undefined), 32 to 255. */
export class CborSimple {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }
}

/** A floating-point item; NaN is the one quiet NaN without payload. */
export class CborFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Floats as bytes. A value that callers pass in, so that a program without floats does not carry the code. */
export interface CborFloatCodec {
  /** Head and content: 3, 5 or 9 bytes, the fewest that keep the value. */
  encode(value: number): Uint8Array;
  /** The value of a content of 2, 4 or 8 bytes. */
  decode(content: Uint8Array): number;
}

/** Bounds that are checked before anything is allocated. */
export interface CborLimits {
  /** Bytes of the whole encoding. */
  readonly byteLength: number;
  /** Arrays, maps and tags inside each other; a scalar alone has depth 0. */
  readonly depth: number;
  /** Items in all: each key, value and container counts. */
  readonly items: number;
}

/** What is enough for certificates, evidence and device messages, and bounds memory to a few times the input. */
export const CBOR_LIMITS: CborLimits = Object.freeze({ byteLength: 4096, depth: 8, items: 512 });
