/** Names the parts of a signed image, so that tools and tests can say where a byte lies, and change one. */
import { readUint32 } from "../../protocol/image/bytes.ts";
import { IMAGE_HEADER_BYTE_LENGTH } from "../../protocol/image/header.ts";
import { parseImage } from "../../protocol/image/parse.ts";
import { memoryImageSource } from "./source.ts";

/** `code` is the linked payload, `archive` the app's byte code behind it; images of other makers have no `archive`. */
export type ImageRegionName = "header" | "header padding" | "code" | "archive" | "protected TLVs" | "unprotected TLVs";

/** Bytes of an image; `offset` counts from the image's first byte. */
export interface ImageRegion {
  readonly name: ImageRegionName;
  readonly offset: number;
  readonly byteLength: number;
  /** True when the digest, and so each signature, covers the region. */
  readonly signed: boolean;
}

/** First word of a runtime's payload, and the offset of its archive's length (hal/native/cpu/image-header.S). */
const RUNTIME_MAGIC = 0x54524648;
const ARCHIVE_LENGTH_OFFSET = 16;

/**
 * The regions in order: no gap, no overlap, none empty, together the whole image.
 * @throws ImageError when the bytes are no image.
 */
export function imageRegions(bytes: Uint8Array): readonly ImageRegion[] {
  const limits = { slotByteLength: bytes.length, areaByteLength: 0xffff };
  const { header, signedByteLength, imageByteLength } = parseImage(memoryImageSource(bytes), limits);
  const payloadEnd = header.headerByteLength + header.payloadByteLength;
  const archiveStart = payloadEnd - archiveByteLength(bytes, header.headerByteLength, header.payloadByteLength);
  const ends: readonly (readonly [ImageRegionName, number])[] = [
    ["header", IMAGE_HEADER_BYTE_LENGTH],
    ["header padding", header.headerByteLength],
    ["code", archiveStart],
    ["archive", payloadEnd],
    ["protected TLVs", signedByteLength],
    ["unprotected TLVs", imageByteLength],
  ];
  return ends
    .map(([name, end], index) => {
      const offset = ends[index - 1]?.[1] ?? 0;
      return { name, offset, byteLength: end - offset, signed: end <= signedByteLength };
    })
    .filter(({ byteLength }) => byteLength > 0);
}

/**
 * A copy with one bit changed.
 * @param bit 0 (the lowest) to 7
 * @throws RangeError when there is no such bit.
 */
export function flipBit(bytes: Uint8Array, offset: number, bit: number): Uint8Array {
  const value = bytes[offset];
  if (value === undefined || !Number.isInteger(bit) || bit < 0 || bit > 7)
    throw new RangeError(`expected a bit of ${bytes.length} bytes, found bit ${bit} of byte ${offset}`);
  const copy = Uint8Array.from(bytes);
  copy[offset] = value ^ (1 << bit);
  return copy;
}

function archiveByteLength(bytes: Uint8Array, payload: number, payloadByteLength: number): number {
  if (payloadByteLength < ARCHIVE_LENGTH_OFFSET + 4 || readUint32(bytes, payload) !== RUNTIME_MAGIC) return 0;
  const length = readUint32(bytes, payload + ARCHIVE_LENGTH_OFFSET);
  return length < payloadByteLength ? length : 0;
}
