/** A writer of DER (X.690, section 10): definite lengths in their shortest form, nothing else. */

export const DER_BOOLEAN = 0x01;
export const DER_INTEGER = 0x02;
export const DER_BIT_STRING = 0x03;
export const DER_OCTET_STRING = 0x04;
export const DER_OBJECT_IDENTIFIER = 0x06;
export const DER_ENUMERATED = 0x0a;
export const DER_UTF8_STRING = 0x0c;
export const DER_PRINTABLE_STRING = 0x13;
export const DER_UTC_TIME = 0x17;
export const DER_GENERALIZED_TIME = 0x18;
export const DER_SEQUENCE = 0x30;
export const DER_SET = 0x31;

/** The tag `[number] EXPLICIT`, a constructed context-specific one. `number` is at most 30. */
export function explicitTag(number: number): number {
  return 0xa0 | number;
}

/** The tag `[number] IMPLICIT` of a primitive type. `number` is at most 30. */
export function implicitTag(number: number): number {
  return 0x80 | number;
}

/** One element: tag, length, and the contents in order. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const content of contents) length += content.length;
  const head = [tag, ...lengthOctets(length)];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let offset = head.length;
  for (const content of contents) {
    bytes.set(content, offset);
    offset += content.length;
  }
  return bytes;
}

/** Section 10.1. A certificate of ours is far below 64 KB. */
function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff];
  throw new RangeError(`DER: expected an element below 65536 bytes, found ${length}`);
}

/** A positive INTEGER from big-endian bytes: no leading zeros but the one that keeps the sign positive (section 8.3). */
export function derInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  const needsZero = digits[0] === undefined || digits[0] >= 0x80;
  return needsZero ? der(DER_INTEGER, new Uint8Array(1), digits) : der(DER_INTEGER, digits);
}

/** A BIT STRING of whole bytes (section 8.6). */
export function derBitString(bytes: Uint8Array): Uint8Array {
  return der(DER_BIT_STRING, new Uint8Array(1), bytes);
}
