/** UTF-8 (RFC 3629) without TextEncoder, which devices lack. */

/** Code points turned into text at a time, so that long texts are not built one character at a time. */
const CHUNK = 64;

/**
 * Encodes a string.
 * @returns undefined when it holds half of a surrogate pair, which UTF-8 cannot express.
 */
export function encodeUtf8(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  // A string iterator gives whole characters both where strings count code units (Node) and where they count code points (XS).
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point >= 0xd800 && point <= 0xdfff) return undefined;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), continuation(point));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), continuation(point >> 6), continuation(point));
    else bytes.push(0xf0 | (point >> 18), continuation(point >> 12), continuation(point >> 6), continuation(point));
  }
  return new Uint8Array(bytes);
}

function continuation(bits: number): number {
  return 0x80 | (bits & 0x3f);
}

/**
 * Decodes UTF-8 strictly: no overlong form, no surrogate, nothing above U+10FFFF, nothing cut short.
 * @returns the text, or the offset of the first byte that is wrong.
 */
export function decodeUtf8(bytes: Uint8Array): string | number {
  let text = "";
  let points: number[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const lead = bytes[offset] as number;
    const length = sequenceLength(lead);
    if (length === 0 || offset + length > bytes.length) return offset;
    let point = length === 1 ? lead : lead & (0xff >> (length + 1));
    for (let index = 1; index < length; index++) {
      const next = bytes[offset + index] as number;
      if (next >> 6 !== 2) return offset;
      point = (point << 6) | (next & 0x3f);
    }
    if (point < smallestPoint(length) || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return offset;
    points.push(point);
    if (points.length === CHUNK) {
      text += String.fromCodePoint(...points);
      points = [];
    }
    offset += length;
  }
  return text + String.fromCodePoint(...points);
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

function smallestPoint(length: number): number {
  if (length === 1) return 0;
  if (length === 2) return 0x80;
  return length === 3 ? 0x800 : 0x10000;
}
