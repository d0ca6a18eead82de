/** The CBOR encoder: core deterministic encoding (RFC 8949, section 4.2.1), whatever order map entries come in. */
import { equalBytes } from "../image/bytes.ts";
import { CborError, type CborErrorCode } from "./errors.ts";
import { compareKeys, shownKey } from "./keys.ts";
import { encodeUtf8 } from "./text.ts";
import {
  CBOR_LIMITS,
  CborFloat,
  type CborFloatCodec,
  type CborKey,
  type CborLimits,
  CborMap,
  CborSimple,
  CborTag,
  type CborValue,
} from "./values.ts";
import { ByteWriter } from "./writer.ts";

/** What an encoder may write. */
export interface CborEncodeOptions {
  /** Overrides of {@link CBOR_LIMITS}. */
  readonly limits?: Partial<CborLimits>;
  /** Writes floats; see `cborFloats`. */
  readonly floats?: CborFloatCodec;
}

const TWO_TO_THE_32 = 2 ** 32;

/**
 * Encodes one item. The offset in an error counts the bytes written before the fault.
 * @throws CborError `value-unsupported`, `integer-range`, `text-not-utf8`, `key-duplicate`, `float-not-allowed` or a limit.
 */
export function encodeCbor(value: CborValue, options: CborEncodeOptions = {}): Uint8Array {
  return new Encoder(options).encode(value);
}

/** An encoded key with its value, to be sorted. */
interface EncodedEntry {
  readonly key: CborKey;
  readonly encoded: Uint8Array;
  readonly value: CborValue;
}

class Encoder {
  readonly #writer = new ByteWriter();
  readonly #limits: CborLimits;
  readonly #floats: CborFloatCodec | undefined;
  readonly #path: string[] = ["item"];
  #items = 0;

  constructor({ limits, floats }: CborEncodeOptions) {
    this.#limits = { ...CBOR_LIMITS, ...limits };
    this.#floats = floats;
  }

  encode(value: CborValue): Uint8Array {
    this.#item(value, 0);
    return this.#writer.bytes();
  }

  #error(code: CborErrorCode, expected: string, found: string): CborError {
    return new CborError(code, expected, found, { offset: this.#writer.length, path: this.#path.join("") });
  }

  #item(value: CborValue, depth: number): void {
    this.#items++;
    if (this.#items > this.#limits.items) {
      throw this.#error("item-limit", `at most ${this.#limits.items} items`, "more");
    }
    if (typeof value === "number") this.#integer(value);
    else if (typeof value === "string") this.#text(value);
    else if (typeof value === "boolean") this.#append(new Uint8Array([value ? 0xf5 : 0xf4]));
    else if (value === null) this.#append(new Uint8Array([0xf6]));
    else if (value instanceof Uint8Array) this.#headed(2, value);
    else if (value instanceof CborSimple) this.#simple(value.number);
    else if (value instanceof CborFloat) this.#float(value.value);
    else this.#container(value, depth);
  }

  #append(bytes: Uint8Array): void {
    const length = this.#writer.length + bytes.length;
    const limit = this.#limits.byteLength;
    if (length > limit) throw this.#error("byte-limit", `at most ${limit} bytes`, `${length}`);
    this.#writer.append(bytes);
  }

  #integer(value: number): void {
    if (!Number.isInteger(value)) throw this.#error("value-unsupported", "an integer or a CborFloat", `${value}`);
    if (!Number.isSafeInteger(value)) {
      throw this.#error("integer-range", "a number of magnitude below 2^53", `${value}`);
    }
    this.#append(value < 0 ? encodeHead(1, -1 - value) : encodeHead(0, value));
  }

  #text(value: string): void {
    const bytes = encodeUtf8(value);
    if (bytes === undefined) throw this.#error("text-not-utf8", "whole characters", "half a surrogate pair");
    this.#headed(3, bytes);
  }

  #headed(major: number, content: Uint8Array): void {
    this.#append(encodeHead(major, content.length));
    this.#append(content);
  }

  #simple(number: number): void {
    const isSimple = Number.isInteger(number) && number >= 0 && number < 256;
    // 20 to 22 are JavaScript values of their own, 24 to 31 are reserved (section 3.3).
    if (!isSimple || (number > 19 && number < 32 && number !== 23)) {
      throw this.#error("value-unsupported", "a simple value of 0 to 19, 23 or 32 to 255", `${number}`);
    }
    this.#append(encodeHead(7, number));
  }

  #float(value: number): void {
    if (this.#floats === undefined) throw this.#error("float-not-allowed", "no float", `${value}`);
    this.#append(this.#floats.encode(value));
  }

  #container(value: CborValue, depth: number): void {
    // A depth limit also ends what contains itself.
    if (depth >= this.#limits.depth) {
      throw this.#error("depth-limit", `at most ${this.#limits.depth} levels`, "one more");
    }
    if (value instanceof CborMap) this.#map(value, depth);
    else if (value instanceof CborTag) this.#tag(value, depth);
    else if (Array.isArray(value)) this.#array(value, depth);
    else throw this.#error("value-unsupported", "a CBOR value", typeof value);
  }

  #inside(step: string, value: CborValue, depth: number): void {
    this.#path.push(step);
    this.#item(value, depth + 1);
    this.#path.pop();
  }

  #array(values: readonly CborValue[], depth: number): void {
    this.#append(encodeHead(4, values.length));
    for (let index = 0; index < values.length; index++) {
      this.#inside(`[${index}]`, values[index] as CborValue, depth);
    }
  }

  #tag({ tag, value }: CborTag, depth: number): void {
    if (!Number.isSafeInteger(tag) || tag < 0) throw this.#error("value-unsupported", "a tag from 0", `${tag}`);
    this.#append(encodeHead(6, tag));
    this.#inside(`<${tag}>`, value, depth);
  }

  #map(map: CborMap, depth: number): void {
    this.#append(encodeHead(5, map.entries.length));
    const entries = map.entries.map(([key, value]) => ({ key, encoded: this.#key(key), value }));
    entries.sort((left: EncodedEntry, right: EncodedEntry) => compareKeys(left.encoded, right.encoded));
    let previous: EncodedEntry | undefined;
    for (const entry of entries) {
      if (previous !== undefined && equalBytes(previous.encoded, entry.encoded)) {
        throw this.#error("key-duplicate", "each key once", `${shownKey(entry.key)} again`);
      }
      previous = entry;
      this.#items++;
      this.#append(entry.encoded);
      this.#inside(`{${shownKey(entry.key)}}`, entry.value, depth);
    }
  }

  /** A key by itself, encoded under the same limits. */
  #key(key: CborKey): Uint8Array {
    if (typeof key !== "number" && typeof key !== "string") {
      throw this.#error("value-unsupported", "an integer or text key", typeof key);
    }
    return encodeCbor(key, { limits: this.#limits });
  }
}

/** The head of an item in its shortest form; `argument` is an integer from 0 to 2^53 - 1. */
export function encodeHead(major: number, argument: number): Uint8Array {
  const type = major << 5;
  if (argument < 24) return new Uint8Array([type | argument]);
  const length = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < TWO_TO_THE_32 ? 4 : 8;
  const bytes = new Uint8Array(1 + length);
  let rest = argument;
  for (let index = length; index > 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[0] = type | (length === 1 ? 24 : length === 2 ? 25 : length === 4 ? 26 : 27);
  return bytes;
}
