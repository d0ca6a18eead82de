/** The 32-byte image header of MCUboot (`boot/bootutil/include/bootutil/image.h`), little endian. */
import { hexNumber, readUint16, readUint32, writeUint16, writeUint32 } from "./bytes.ts";
import { ImageError } from "./errors.ts";
import { type ImageVersion, readVersion, writeVersion } from "./version.ts";

/** First four bytes of an image, as a little-endian number. */
export const IMAGE_MAGIC = 0x96f3b83d;

/** Bytes of the header's fields; `headerByteLength` may be larger, and the payload starts after it. */
export const IMAGE_HEADER_BYTE_LENGTH = 32;

/** The image is a package or data: nothing may start it. */
export const FLAG_NON_BOOTABLE = 0x10;
/** The image runs from the RAM address in `loadAddress`. */
export const FLAG_RAM_LOAD = 0x20;
/** The image runs in place from the flash address in `loadAddress`. */
export const FLAG_ROM_FIXED = 0x100;
/** The flags that we define; compression, encryption and position independence are refused. */
export const SUPPORTED_FLAGS = FLAG_NON_BOOTABLE | FLAG_RAM_LOAD | FLAG_ROM_FIXED;

/** The fields of a header; sizes in bytes. */
export interface ImageHeader {
  /** RAM address with `FLAG_RAM_LOAD`, flash address with `FLAG_ROM_FIXED`, else 0. */
  readonly loadAddress: number;
  /** Offset of the payload; at least 32. */
  readonly headerByteLength: number;
  /** Size of the protected TLV area with its own 4-byte header; 0 when there is none. */
  readonly protectedByteLength: number;
  /** Size of the payload alone. */
  readonly payloadByteLength: number;
  readonly flags: number;
  readonly version: ImageVersion;
  /** `_pad1`: 0 in every image that we accept. */
  readonly reserved: number;
}

/**
 * Reads a header and checks that its sizes make sense by themselves; nothing is compared with a slot yet.
 * @param bytes the first 32 bytes of the image (fewer are refused as a missing magic).
 * @throws ImageError `image-magic` or `image-sizes`.
 */
export function decodeHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < IMAGE_HEADER_BYTE_LENGTH) {
    throw new ImageError("image-magic", `a header of ${IMAGE_HEADER_BYTE_LENGTH} bytes`, `${bytes.length} bytes`, 0);
  }
  const magic = readUint32(bytes, 0);
  if (magic !== IMAGE_MAGIC) throw new ImageError("image-magic", hexNumber(IMAGE_MAGIC), hexNumber(magic), 0);
  const header: ImageHeader = {
    loadAddress: readUint32(bytes, 4),
    headerByteLength: readUint16(bytes, 8),
    protectedByteLength: readUint16(bytes, 10),
    payloadByteLength: readUint32(bytes, 12),
    flags: readUint32(bytes, 16),
    version: readVersion(bytes, 20),
    reserved: readUint32(bytes, 28),
  };
  requireSizes(header);
  return header;
}

/** Bytes of the signed region: header, payload and protected TLV area. */
export function signedByteLength(header: ImageHeader): number {
  return header.headerByteLength + header.payloadByteLength + header.protectedByteLength;
}

function requireSizes(header: ImageHeader): void {
  if (header.headerByteLength < IMAGE_HEADER_BYTE_LENGTH) {
    const minimum = `header size of ${IMAGE_HEADER_BYTE_LENGTH} or more`;
    throw new ImageError("image-sizes", minimum, `${header.headerByteLength}`, 8);
  }
  if (header.protectedByteLength > 0 && header.protectedByteLength < 8) {
    // Four bytes of area header and four of one TLV are the least that an area can hold.
    throw new ImageError("image-sizes", "protected size of 0, or 8 or more", `${header.protectedByteLength}`, 10);
  }
  if (header.payloadByteLength === 0) throw new ImageError("image-sizes", "a payload", "0 bytes", 12);
  // A JavaScript number holds the sum exactly; 32-bit firmware reading the same header would wrap.
  if (signedByteLength(header) > 0xffffffff) {
    throw new ImageError("image-sizes", "sizes that add up within 32 bits", hexNumber(signedByteLength(header)), 12);
  }
}

/**
 * Writes the 32 bytes of a header.
 * @throws ImageError `build-value` or `image-sizes` when a field is out of its range.
 */
export function encodeHeader(header: ImageHeader): Uint8Array {
  requireUnsigned("load address", header.loadAddress, 0xffffffff);
  requireUnsigned("header size", header.headerByteLength, 0xffff);
  requireUnsigned("protected size", header.protectedByteLength, 0xffff);
  requireUnsigned("payload size", header.payloadByteLength, 0xffffffff);
  requireUnsigned("flags", header.flags, 0xffffffff);
  requireSizes(header);
  const bytes = new Uint8Array(IMAGE_HEADER_BYTE_LENGTH);
  writeUint32(bytes, 0, IMAGE_MAGIC);
  writeUint32(bytes, 4, header.loadAddress);
  writeUint16(bytes, 8, header.headerByteLength);
  writeUint16(bytes, 10, header.protectedByteLength);
  writeUint32(bytes, 12, header.payloadByteLength);
  writeUint32(bytes, 16, header.flags);
  writeVersion(bytes, 20, header.version);
  writeUint32(bytes, 28, header.reserved);
  return bytes;
}

function requireUnsigned(name: string, value: number, maximum: number): void {
  if (!Number.isInteger(value) || value < 0 || value > maximum) {
    throw new ImageError("build-value", `${name} from 0 to ${hexNumber(maximum)}`, `${value}`);
  }
}
