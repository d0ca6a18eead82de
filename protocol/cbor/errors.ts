/** The closed set of reasons for which CBOR is refused, on the way in and on the way out. */

/**
 * Why an item was refused.
 *
 * | code | meaning |
 * |---|---|
 * | byte-limit, depth-limit, item-limit | larger than the caller's limits; checked before anything is allocated |
 * | truncated | the input ends inside an item, or declares more than it has |
 * | trailing-bytes | something follows the item |
 * | indefinite-length | an indefinite length or a stray break (RFC 8949, section 4.2.1) |
 * | reserved | additional information 28 to 30, or a simple value that its two-byte form may not hold |
 * | not-shortest | an integer, length, tag or float in more bytes than it needs |
 * | integer-range | an integer that a JavaScript number cannot hold exactly |
 * | text-not-utf8 | a text string that is not well-formed UTF-8, or a string with half a surrogate pair |
 * | key-order | map keys that are not in ascending bytewise order of their encodings |
 * | key-duplicate | a map key that occurs twice |
 * | key-type | a map key that is neither an integer nor text |
 * | tag-not-allowed, float-not-allowed | a tag or float for which the caller did not ask |
 * | value-unsupported | (encoding) a JavaScript value that has no CBOR form here |
 */
export type CborErrorCode = (typeof CBOR_ERROR_CODES)[number];

/** Every {@link CborErrorCode}. */
export const CBOR_ERROR_CODES = Object.freeze([
  "byte-limit",
  "depth-limit",
  "item-limit",
  "truncated",
  "trailing-bytes",
  "indefinite-length",
  "reserved",
  "not-shortest",
  "integer-range",
  "text-not-utf8",
  "key-order",
  "key-duplicate",
  "key-type",
  "tag-not-allowed",
  "float-not-allowed",
  "value-unsupported",
] as const);

/** Where in the item tree something lies. */
export interface CborPlace {
  /** Bytes from the start of the input or output. */
  readonly offset: number;
  /** `item` is the outermost one, `[2]` an array element, `{7}` the value at key 7, `<18>` the content of tag 18. */
  readonly path: string;
}

/** CBOR was refused; the message is one line: what was expected, what was found, where. */
export class CborError extends Error {
  override readonly name: string = "CborError";
  readonly code: CborErrorCode;
  readonly offset: number;
  readonly path: string;

  constructor(code: CborErrorCode, expected: string, found: string, { offset, path }: CborPlace) {
    super(`expected ${expected}, found ${found} at offset ${offset} (${path})`);
    this.code = code;
    this.offset = offset;
    this.path = path;
  }
}
