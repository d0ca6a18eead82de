/** The two TLV areas behind a payload: types, strict decoding and encoding. */
import { hexNumber, readUint16, writeUint16 } from "./bytes.ts";
import { ImageError } from "./errors.ts";

/** First two bytes of the protected area (inside the signed region). */
export const PROTECTED_AREA_MAGIC = 0x6908;
/** First two bytes of the unprotected area (digest and signatures). */
export const UNPROTECTED_AREA_MAGIC = 0x6907;
/** Bytes of an area's header: magic and total size, each 16 bits. */
export const AREA_HEADER_BYTE_LENGTH = 4;
/** Bytes before a TLV's value: type and length, each 16 bits; nothing is aligned. */
export const TLV_HEADER_BYTE_LENGTH = 4;
/** Most TLVs in one area; more are refused, so that the work on a hostile image is bounded. */
export const TLV_COUNT_LIMIT = 64;

/** SHA-256 of the signer's public key as DER SubjectPublicKeyInfo. */
export const TLV_KEY_HASH = 0x01;
/** SHA-256 of the signed region. */
export const TLV_SHA256 = 0x10;
/** ECDSA P-256 over the digest, DER. */
export const TLV_ECDSA_SIGNATURE = 0x22;
/** Ed25519 over the 32 bytes of the digest. */
export const TLV_ED25519_SIGNATURE = 0x24;
/** Lowest version of another image that this one needs. */
export const TLV_DEPENDENCY = 0x40;
/** Security counter, 32 bits. */
export const TLV_SECURITY_COUNTER = 0x50;
/** What measured boot reports, CBOR. */
export const TLV_BOOT_RECORD = 0x60;
/** Vendor, a UUID. (MCUboot's design.md says 0x80; its image.h and imgtool say 0x74.) */
export const TLV_VENDOR_ID = 0x74;
/** Class of product, a UUID. */
export const TLV_CLASS_ID = 0x75;
/** First of the types that a vendor may define. */
export const TLV_VENDOR_MINIMUM = 0x00a0;
/** Last of the types that a vendor may define. */
export const TLV_VENDOR_MAXIMUM = 0xfffe;

/** One TLV of an image. */
export interface Tlv {
  readonly type: number;
  /** Offset of the value from the start of the image. */
  readonly offset: number;
  readonly value: Uint8Array;
}

/** A TLV to be written. */
export interface TlvInput {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Names a type for people: imgtool's name, `vendor`, or `unknown`. */
export function tlvName(type: number): string {
  switch (type) {
    case TLV_KEY_HASH:
      return "KEYHASH";
    case TLV_SHA256:
      return "SHA256";
    case TLV_ECDSA_SIGNATURE:
      return "ECDSASIG";
    case TLV_ED25519_SIGNATURE:
      return "ED25519";
    case TLV_DEPENDENCY:
      return "DEPENDENCY";
    case TLV_SECURITY_COUNTER:
      return "SEC_CNT";
    case TLV_BOOT_RECORD:
      return "BOOT_RECORD";
    case TLV_VENDOR_ID:
      return "UUID_VID";
    case TLV_CLASS_ID:
      return "UUID_CID";
    default:
      return type >= TLV_VENDOR_MINIMUM && type <= TLV_VENDOR_MAXIMUM ? "vendor" : "unknown";
  }
}

/**
 * Reads the 4-byte header of an area.
 * @returns the total size of the area in bytes, its header included; at least 4.
 * @throws ImageError `tlv-structure` when the magic is another or the total is below 4.
 */
export function decodeAreaHeader(bytes: Uint8Array, offset: number, magic: number): number {
  const found = readUint16(bytes, 0);
  if (found !== magic) {
    throw new ImageError("tlv-structure", `TLV area magic ${hexNumber(magic)}`, hexNumber(found), offset);
  }
  const total = readUint16(bytes, 2);
  if (total < AREA_HEADER_BYTE_LENGTH) {
    throw new ImageError(
      "tlv-structure",
      `TLV area of ${AREA_HEADER_BYTE_LENGTH} bytes or more`,
      `${total}`,
      offset + 2,
    );
  }
  return total;
}

/**
 * Splits the body of an area into its TLVs. The values are views of `body`, not copies.
 * @param body the bytes after the area's header, exactly to the end of the area.
 * @param offset of `body` from the start of the image.
 * @throws ImageError `tlv-structure` when a TLV does not end inside the area, bytes are left over, or there are too many.
 */
export function decodeAreaBody(body: Uint8Array, offset: number): readonly Tlv[] {
  const tlvs: Tlv[] = [];
  let position = 0;
  while (position < body.length) {
    if (tlvs.length === TLV_COUNT_LIMIT) {
      throw new ImageError("tlv-structure", `at most ${TLV_COUNT_LIMIT} TLVs`, "more", offset + position);
    }
    const left = body.length - position - TLV_HEADER_BYTE_LENGTH;
    if (left < 0) {
      throw new ImageError("tlv-structure", "a TLV header of 4 bytes", `${left + 4} bytes`, offset + position);
    }
    const type = readUint16(body, position);
    const length = readUint16(body, position + 2);
    if (length > left) {
      throw new ImageError("tlv-structure", `TLV of at most ${left} bytes`, `${length}`, offset + position + 2);
    }
    const start = position + TLV_HEADER_BYTE_LENGTH;
    tlvs.push({ type, offset: offset + start, value: body.subarray(start, start + length) });
    position = start + length;
  }
  return tlvs;
}

/**
 * Writes an area with its header.
 * @throws ImageError `build-value` when the area would pass 65535 bytes.
 */
export function encodeArea(magic: number, tlvs: readonly TlvInput[]): Uint8Array {
  let total = AREA_HEADER_BYTE_LENGTH;
  for (const tlv of tlvs) total += TLV_HEADER_BYTE_LENGTH + tlv.value.length;
  if (total > 0xffff) throw new ImageError("build-value", "TLV area of at most 65535 bytes", `${total}`);
  const bytes = new Uint8Array(total);
  writeUint16(bytes, 0, magic);
  writeUint16(bytes, 2, total);
  let position = AREA_HEADER_BYTE_LENGTH;
  for (const tlv of tlvs) {
    writeUint16(bytes, position, tlv.type);
    writeUint16(bytes, position + 2, tlv.value.length);
    bytes.set(tlv.value, position + TLV_HEADER_BYTE_LENGTH);
    position += TLV_HEADER_BYTE_LENGTH + tlv.value.length;
  }
  return bytes;
}
