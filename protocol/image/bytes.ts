/** Byte order, comparison and hexadecimal text for image fields, which MCUboot stores little endian and unaligned. */

/** Reads an unsigned 16-bit little-endian number; the caller has checked that it lies inside `bytes`. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
}

/** Reads an unsigned 32-bit little-endian number; the caller has checked that it lies inside `bytes`. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  // `>>> 0` because a shift into bit 31 makes a negative number.
  return (readUint16(bytes, offset) | (readUint16(bytes, offset + 2) << 16)) >>> 0;
}

/** Writes an unsigned 16-bit little-endian number. */
export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value & 0xff;
  bytes[offset + 1] = (value >>> 8) & 0xff;
}

/** Writes an unsigned 32-bit little-endian number. */
export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  writeUint16(bytes, offset, value & 0xffff);
  writeUint16(bytes, offset + 2, value >>> 16);
}

/** Tells whether two public byte strings are equal; its time depends on them, so it is not for secrets. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

/** Writes bytes as lower-case hexadecimal digits, two a byte. */
export function toHex(bytes: Uint8Array): string {
  const digits = "0123456789abcdef";
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    const value = bytes[index] as number;
    text += digits.charAt(value >> 4) + digits.charAt(value & 15);
  }
  return text;
}

/**
 * Reads hexadecimal digits, two a byte, either case, no prefix and no spaces.
 * @throws RangeError when the text is anything else.
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0)
    throw new RangeError(`expected an even number of hexadecimal digits, found ${text.length}`);
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = (hexDigit(text, 2 * index) << 4) | hexDigit(text, 2 * index + 1);
  }
  return bytes;
}

function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  if (lower >= 0x61 && lower <= 0x66) return lower - 0x61 + 10;
  throw new RangeError(`expected a hexadecimal digit, found character code ${code} at index ${index}`);
}

/** Writes a number as `0x` and its hexadecimal digits, for error messages. */
export function hexNumber(value: number): string {
  return `0x${value.toString(16)}`;
}
