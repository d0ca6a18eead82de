/**
 * The strict CBOR decoder: it accepts exactly what the core deterministic encoding (RFC 8949, section 4.2.1) can produce, so that
 * two different byte strings never mean the same, and it looks at nothing that it has not bounded first.
 */
import { equalBytes } from "../image/bytes.ts";
import { CborError, type CborErrorCode } from "./errors.ts";
import { compareKeys, shownKey } from "./keys.ts";
import { decodeUtf8 } from "./text.ts";
import {
  CBOR_LIMITS,
  type CborEntry,
  CborFloat,
  type CborFloatCodec,
  type CborKey,
  type CborLimits,
  CborMap,
  CborSimple,
  CborTag,
  type CborValue,
} from "./values.ts";

/** What a caller accepts beyond integers, strings, arrays, maps, booleans, null and simple values. */
export interface CborDecodeOptions {
  /** Overrides of {@link CBOR_LIMITS}. */
  readonly limits?: Partial<CborLimits>;
  /** Tags that may occur; none by default. */
  readonly tags?: readonly number[];
  /** Accepts floats; see `cborFloats`. */
  readonly floats?: CborFloatCodec;
}

/**
 * Decodes one item that fills all of `bytes`. Byte strings in the result are copies.
 * @throws CborError; any code but `value-unsupported`.
 */
export function decodeCbor(bytes: Uint8Array, options: CborDecodeOptions = {}): CborValue {
  return new Decoder(bytes, options).decode();
}

class Decoder {
  readonly #bytes: Uint8Array;
  readonly #limits: CborLimits;
  readonly #tags: readonly number[];
  readonly #floats: CborFloatCodec | undefined;
  readonly #path: string[] = ["item"];
  #offset = 0;
  #items = 0;

  constructor(bytes: Uint8Array, { limits, tags = [], floats }: CborDecodeOptions) {
    this.#bytes = bytes;
    this.#limits = { ...CBOR_LIMITS, ...limits };
    this.#tags = tags;
    this.#floats = floats;
  }

  decode(): CborValue {
    const { length } = this.#bytes;
    const limit = this.#limits.byteLength;
    if (length > limit) throw this.#error("byte-limit", `at most ${limit} bytes`, `${length}`, 0);
    const value = this.#item(0);
    const left = length - this.#offset;
    if (left > 0) throw this.#error("trailing-bytes", "the end of the input", `${left} more bytes`, this.#offset);
    return value;
  }

  #error(code: CborErrorCode, expected: string, found: string, offset: number): CborError {
    return new CborError(code, expected, found, { offset, path: this.#path.join("") });
  }

  #item(depth: number): CborValue {
    this.#items++;
    if (this.#items > this.#limits.items) {
      throw this.#error("item-limit", `at most ${this.#limits.items} items`, "more", this.#offset);
    }
    const start = this.#offset;
    const head = this.#byte("an item");
    const major = head >> 5;
    if (major === 7) return this.#simpleOrFloat(head & 31, start);
    const argument = this.#argument(head & 31, start);
    switch (major) {
      case 0:
        return argument;
      case 1:
        if (argument === Number.MAX_SAFE_INTEGER) throw this.#integerRange(start);
        return -1 - argument;
      case 2:
        return this.#take(argument, start).slice();
      case 3:
        return this.#text(argument, start);
      case 4:
        return this.#array(argument, depth, start);
      case 5:
        return this.#map(argument, depth, start);
      default:
        return this.#tag(argument, depth, start);
    }
  }

  #byte(expected: string): number {
    const value = this.#bytes[this.#offset];
    if (value === undefined) throw this.#error("truncated", expected, "the end of the input", this.#offset);
    this.#offset++;
    return value;
  }

  /** The argument of a head (section 3), which must be in its shortest form (section 4.2.1). */
  #argument(info: number, start: number): number {
    if (info < 24) return info;
    if (info === 31) throw this.#error("indefinite-length", "a definite length", "an indefinite one", start);
    if (info > 27) throw this.#error("reserved", "additional information up to 27", `${info}`, start);
    const length = 1 << (info - 24);
    let value = 0;
    for (let index = 0; index < length; index++) value = value * 256 + this.#byte("the rest of a head");
    const smallest = length === 1 ? 24 : 2 ** (4 * length); // one more than the next shorter form holds
    if (value < smallest) throw this.#error("not-shortest", `${value} in its shortest form`, `${length} bytes`, start);
    if (!Number.isSafeInteger(value)) throw this.#integerRange(start);
    return value;
  }

  #integerRange(start: number): CborError {
    return this.#error("integer-range", "a number of magnitude below 2^53", "a larger one", start);
  }

  /** A view of the next bytes. */
  #take(length: number, start: number): Uint8Array {
    const left = this.#bytes.length - this.#offset;
    if (length > left) throw this.#error("truncated", `${length} bytes`, `${left}`, start);
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  #text(length: number, start: number): string {
    const content = this.#take(length, start);
    const text = decodeUtf8(content);
    if (typeof text === "string") return text;
    const place = this.#offset - length + text;
    throw this.#error("text-not-utf8", "well-formed UTF-8", `byte ${content[text]}`, place);
  }

  /** Enters a container of `count` items, each of which takes at least one byte. */
  #enter(count: number, depth: number, start: number): void {
    if (depth >= this.#limits.depth) {
      throw this.#error("depth-limit", `at most ${this.#limits.depth} levels`, "one more", start);
    }
    const left = this.#bytes.length - this.#offset;
    if (count > left) throw this.#error("truncated", `${count} items`, `${left} bytes`, start);
    if (this.#items + count > this.#limits.items) {
      throw this.#error("item-limit", `at most ${this.#limits.items} items`, `${this.#items + count}`, start);
    }
  }

  #inside(step: string, depth: number): CborValue {
    this.#path.push(step);
    const value = this.#item(depth + 1);
    this.#path.pop();
    return value;
  }

  #array(count: number, depth: number, start: number): CborValue[] {
    this.#enter(count, depth, start);
    const values: CborValue[] = [];
    for (let index = 0; index < count; index++) values.push(this.#inside(`[${index}]`, depth));
    return values;
  }

  #map(count: number, depth: number, start: number): CborMap {
    this.#enter(count * 2, depth, start);
    const entries: CborEntry[] = [];
    let previous: Uint8Array | undefined;
    for (let index = 0; index < count; index++) {
      const keyStart = this.#offset;
      const key = this.#item(depth + 1);
      if (typeof key !== "number" && typeof key !== "string") {
        throw this.#error("key-type", "an integer or text key", "another type", keyStart);
      }
      const encoded = this.#bytes.subarray(keyStart, this.#offset);
      if (previous !== undefined) this.#checkOrder(previous, encoded, key, keyStart);
      previous = encoded;
      entries.push([key, this.#inside(`{${shownKey(key)}}`, depth)]);
    }
    return new CborMap(entries);
  }

  #checkOrder(previous: Uint8Array, encoded: Uint8Array, key: CborKey, start: number): void {
    if (equalBytes(previous, encoded)) {
      throw this.#error("key-duplicate", "each key once", `${shownKey(key)} again`, start);
    }
    if (compareKeys(previous, encoded) > 0) {
      throw this.#error("key-order", "keys in ascending order", `${shownKey(key)} behind a higher one`, start);
    }
  }

  #tag(tag: number, depth: number, start: number): CborTag {
    if (!this.#tags.includes(tag)) {
      const allowed = this.#tags.length === 0 ? "no tag" : `a tag of ${this.#tags.join(", ")}`;
      throw this.#error("tag-not-allowed", allowed, `tag ${tag}`, start);
    }
    this.#enter(1, depth, start);
    return new CborTag(tag, this.#inside(`<${tag}>`, depth));
  }

  #simpleOrFloat(info: number, start: number): CborValue {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22) return null;
    if (info < 24) return new CborSimple(info);
    if (info === 24) {
      const number = this.#byte("a simple value");
      // Section 3.3: 0 to 31 have one-byte forms or none.
      if (number < 32) throw this.#error("reserved", "a simple value from 32", `${number}`, start);
      return new CborSimple(number);
    }
    if (info === 31) throw this.#error("indefinite-length", "an item", "a break", start);
    if (info > 27) throw this.#error("reserved", "additional information up to 27", `${info}`, start);
    return this.#float(1 << (info - 24), start);
  }

  #float(length: number, start: number): CborFloat {
    if (this.#floats === undefined) throw this.#error("float-not-allowed", "no float", "one", start);
    const value = this.#floats.decode(this.#take(length, start));
    const shortest = this.#floats.encode(value);
    if (!equalBytes(shortest, this.#bytes.subarray(start, this.#offset))) {
      throw this.#error("not-shortest", "a float in its shortest form", `${length} bytes`, start);
    }
    return new CborFloat(value);
  }
}
