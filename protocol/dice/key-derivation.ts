/** HMAC (RFC 2104) and HKDF (RFC 5869) over a hash that is passed in, so that a board needs no other primitive for them. */

/** A hash function and the length of its block, which HMAC pads keys to. */
export interface HashFunction {
  readonly digest: (data: Uint8Array) => Uint8Array;
  /** 64 bytes for SHA-256, 128 for SHA-512 (FIPS 180-4, section 1). */
  readonly blockByteLength: number;
}

/** SHA-256 as HMAC needs it. */
export function hmacSha256(digest: (data: Uint8Array) => Uint8Array): HashFunction {
  return { digest, blockByteLength: 64 };
}

/** SHA-512 as HMAC needs it. */
export function hmacSha512(digest: (data: Uint8Array) => Uint8Array): HashFunction {
  return { digest, blockByteLength: 128 };
}

/** HMAC with one hash: of the parts in order, under the key. A board computes it natively. */
export type Mac = (key: Uint8Array, ...parts: readonly Uint8Array[]) => Uint8Array;

/** The HMAC of {@link hmac} as a value. */
export function macOf(hash: HashFunction): Mac {
  return (key, ...parts) => hmac(hash, key, ...parts);
}

const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** HMAC of the parts in order. Everything that was made of the key on the way is zeroed; the result is the caller's to zero. */
export function hmac(hash: HashFunction, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const { digest, blockByteLength } = hash;
  const isLong = key.length > blockByteLength;
  const short = isLong ? digest(key) : key;
  const inner = padded(short, INNER_PAD, blockByteLength, parts);
  const innerDigest = digest(inner);
  const outer = padded(short, OUTER_PAD, blockByteLength, [innerDigest]);
  const result = digest(outer);
  for (const secret of [inner, innerDigest, outer]) secret.fill(0);
  if (isLong) short.fill(0);
  return result;
}

/** The key with zeros to the length of a block, each byte exclusive-or `pad`, and the parts behind it. */
function padded(key: Uint8Array, pad: number, blockByteLength: number, parts: readonly Uint8Array[]): Uint8Array {
  let length = blockByteLength;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  // Filled natively: on a board a loop costs some hundred instructions a byte, and keys are half a block or less.
  bytes.fill(pad, 0, blockByteLength);
  for (let index = 0; index < key.length; index++) bytes[index] = (key[index] as number) ^ pad;
  let offset = blockByteLength;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/**
 * HKDF (RFC 5869, sections 2.2 and 2.3). What was derived on the way is zeroed; the result is the caller's to zero.
 * @param length Bytes of output, at most one hash: nothing of ours needs more.
 * @throws RangeError for another length.
 */
export function hkdf(mac: Mac, secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const extracted = mac(salt, secret);
  const block = mac(extracted, info, new Uint8Array([1]));
  extracted.fill(0);
  const result = block.slice(0, length);
  block.fill(0);
  if (result.length !== length || length === 0) {
    throw new RangeError(`expected a length of 1 to ${block.length} bytes, found ${length}`);
  }
  return result;
}

/** ASCII text as bytes, for labels. */
export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
