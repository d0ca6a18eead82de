/** Reads the structure of an image (magic, sizes, slot bounds, TLV areas) before anything in it is trusted. */
import { equalBytes, hexNumber, readUint16 } from "./bytes.ts";
import { ImageError } from "./errors.ts";
import { decodeHeader, IMAGE_HEADER_BYTE_LENGTH, type ImageHeader, signedByteLength } from "./header.ts";
import type { ImageSource } from "./source.ts";
import {
  AREA_HEADER_BYTE_LENGTH,
  decodeAreaBody,
  decodeAreaHeader,
  PROTECTED_AREA_MAGIC,
  TLV_DEPENDENCY,
  TLV_ECDSA_SIGNATURE,
  TLV_ED25519_SIGNATURE,
  TLV_KEY_HASH,
  TLV_SHA256,
  type Tlv,
  tlvName,
  UNPROTECTED_AREA_MAGIC,
} from "./tlv.ts";

/** Most key and signature pairs, because each may cost a signature verification. */
export const SIGNATURE_LIMIT = 4;

/** What a parse may use; sizes in bytes. */
export interface ParseLimits {
  /** Size of the slot without its trailer: the image and its TLVs end inside it. */
  readonly slotByteLength: number;
  /** Largest TLV area that is read into memory; the format's own limit is 65535. */
  readonly areaByteLength: number;
}

/** The structure of an image; nothing in it is authenticated yet. */
export interface ParsedImage {
  readonly header: ImageHeader;
  /** Bytes of header, payload and protected TLV area, which the digest and so the signatures cover. */
  readonly signedByteLength: number;
  /** Bytes of the whole image, with its unprotected TLV area. */
  readonly imageByteLength: number;
  readonly protectedTlvs: readonly Tlv[];
  readonly unprotectedTlvs: readonly Tlv[];
}

/**
 * Reads an image's header and TLV areas. Touches the header and the areas only, never the payload.
 * @throws ImageError `image-magic`, `image-sizes`, `slot-bounds`, `tlv-structure` or `tlv-duplicate`.
 */
export function parseImage(source: ImageSource, limits: ParseLimits): ParsedImage {
  const available = Math.min(source.byteLength, limits.slotByteLength);
  const header = decodeHeader(source.read(0, Math.min(available, IMAGE_HEADER_BYTE_LENGTH)));
  const signedEnd = signedByteLength(header);
  if (signedEnd + AREA_HEADER_BYTE_LENGTH > available) {
    const expected = `image within ${hexNumber(available)} bytes`;
    throw new ImageError("slot-bounds", expected, `at least ${hexNumber(signedEnd + AREA_HEADER_BYTE_LENGTH)}`, 12);
  }
  requireAreaInside(source, signedEnd, available);
  const { protectedByteLength } = header;
  const protectedTlvs =
    protectedByteLength === 0
      ? []
      : readArea(source, signedEnd - protectedByteLength, PROTECTED_AREA_MAGIC, limits, protectedByteLength);
  const unprotectedTlvs = readArea(source, signedEnd, UNPROTECTED_AREA_MAGIC, limits);
  requirePairs(unprotectedTlvs);
  refuseDuplicates(protectedTlvs);
  refuseDuplicates(unprotectedTlvs);
  let imageByteLength = signedEnd + AREA_HEADER_BYTE_LENGTH;
  const last = unprotectedTlvs[unprotectedTlvs.length - 1];
  if (last !== undefined) imageByteLength = last.offset + last.value.length;
  return { header, signedByteLength: signedEnd, imageByteLength, protectedTlvs, unprotectedTlvs };
}

/** Where the image ends is settled before anything is made of its structure. A length without its magic is none. */
function requireAreaInside(source: ImageSource, offset: number, available: number): void {
  const bytes = source.read(offset, AREA_HEADER_BYTE_LENGTH);
  const end = offset + readUint16(bytes, 2);
  if (readUint16(bytes, 0) !== UNPROTECTED_AREA_MAGIC || end <= available) return;
  const expected = `TLV area within ${hexNumber(available)} bytes`;
  throw new ImageError("slot-bounds", expected, `an end at ${hexNumber(end)}`, offset + 2);
}

/** @param byteLength what the header says of the area's size, if it does */
function readArea(
  source: ImageSource,
  offset: number,
  magic: number,
  limits: ParseLimits,
  byteLength?: number,
): readonly Tlv[] {
  const total = decodeAreaHeader(source.read(offset, AREA_HEADER_BYTE_LENGTH), offset, magic);
  if (byteLength !== undefined && total !== byteLength) {
    const expected = `protected area of ${byteLength} bytes as in the header`;
    throw new ImageError("tlv-structure", expected, `${total}`, offset + 2);
  }
  if (total > limits.areaByteLength) {
    throw new ImageError("tlv-structure", `TLV area of at most ${limits.areaByteLength} bytes`, `${total}`, offset + 2);
  }
  const start = offset + AREA_HEADER_BYTE_LENGTH;
  return decodeAreaBody(source.read(start, total - AREA_HEADER_BYTE_LENGTH), start);
}

/** A signature follows each key hash. What is neither, and not the digest, is left to the allow list. */
function requirePairs(tlvs: readonly Tlv[]): void {
  let keyHash: Tlv | undefined;
  let signatures = 0;
  for (const tlv of tlvs) {
    const { type } = tlv;
    if (type === TLV_ECDSA_SIGNATURE || type === TLV_ED25519_SIGNATURE) {
      if (keyHash === undefined) throw unpaired("a key hash before each signature", "none", tlv);
      signatures += 1;
      if (signatures > SIGNATURE_LIMIT) throw unpaired(`at most ${SIGNATURE_LIMIT} signatures`, "more", tlv);
      keyHash = undefined;
    } else if (type === TLV_KEY_HASH || type === TLV_SHA256) {
      if (keyHash !== undefined) throw unpaired("a signature after each key hash", tlvName(type), tlv);
      if (type === TLV_KEY_HASH) keyHash = tlv;
    } else keyHash = undefined;
  }
  if (keyHash !== undefined) throw unpaired("a signature after each key hash", "the end of the area", keyHash);
}

function unpaired(expected: string, found: string, tlv: Tlv): ImageError {
  return new ImageError("tlv-structure", expected, found, tlv.offset - 4);
}

/** A type occurs once in its area, but for keys, signatures and dependencies, which occur once for each key or image. */
function refuseDuplicates(tlvs: readonly Tlv[]): void {
  for (let index = 1; index < tlvs.length; index++) {
    const tlv = tlvs[index] as Tlv;
    if (tlv.type === TLV_ECDSA_SIGNATURE || tlv.type === TLV_ED25519_SIGNATURE) continue;
    for (let earlier = 0; earlier < index; earlier++) {
      if (isDuplicate(tlvs[earlier] as Tlv, tlv)) {
        throw new ImageError("tlv-duplicate", `${tlvName(tlv.type)} once`, "it twice", tlv.offset - 4);
      }
    }
  }
}

function isDuplicate(first: Tlv, second: Tlv): boolean {
  if (first.type !== second.type) return false;
  if (first.type === TLV_KEY_HASH) return equalBytes(first.value, second.value);
  // The first byte of a dependency is the number of the image that is needed.
  if (first.type === TLV_DEPENDENCY) return first.value[0] === second.value[0];
  return true;
}
