/** The allow list: which TLVs may and must be where, for Holdfast's strict profile and for plain MCUboot images. */
import { hexNumber, readUint32 } from "./bytes.ts";
import { ImageError } from "./errors.ts";
import { FLAG_RAM_LOAD, FLAG_ROM_FIXED, SUPPORTED_FLAGS } from "./header.ts";
import type { ParsedImage } from "./parse.ts";
import {
  TLV_BOOT_RECORD,
  TLV_CLASS_ID,
  TLV_DEPENDENCY,
  TLV_ECDSA_SIGNATURE,
  TLV_ED25519_SIGNATURE,
  TLV_KEY_HASH,
  TLV_SECURITY_COUNTER,
  TLV_SHA256,
  TLV_VENDOR_ID,
  TLV_VENDOR_MAXIMUM,
  TLV_VENDOR_MINIMUM,
  type Tlv,
  tlvName,
} from "./tlv.ts";
import { type ImageVersion, readVersion } from "./version.ts";

/** `holdfast` is what a device boots; `mcuboot` also admits images without the four mandatory protected TLVs. */
export type ImageProfile = "holdfast" | "mcuboot";

/** Largest TLV area of a `holdfast` image in bytes, so that reading one fits the boot stage's RAM. */
export const HOLDFAST_AREA_BYTE_LENGTH = 4096;
/** Largest TLV area of the format. */
export const MCUBOOT_AREA_BYTE_LENGTH = 0xffff;

/** Signature algorithms of images. */
export type SignatureAlgorithm = "ecdsa-p256" | "ed25519";

/** A key hash and the signature that follows it. */
export interface SignaturePair {
  /** SHA-256 of the signer's SubjectPublicKeyInfo, 32 bytes. */
  readonly keyHash: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  /** DER for ECDSA, 64 bytes for Ed25519. */
  readonly signature: Uint8Array;
  /** Offset of the key hash from the start of the image. */
  readonly offset: number;
}

/** The least version of another image that this one needs. */
export interface ImageDependency {
  /** Number of the other image. */
  readonly image: number;
  readonly minimum: ImageVersion;
}

/** The values that an image carries in its TLVs; undefined only in the `mcuboot` profile. */
export interface ImageClaims {
  /** SHA-256 that the image claims for its signed region. */
  readonly digest: Uint8Array;
  readonly signatures: readonly SignaturePair[];
  readonly securityCounter: number | undefined;
  readonly bootRecord: Tlv | undefined;
  readonly vendorId: Tlv | undefined;
  readonly classId: Tlv | undefined;
  readonly dependencies: readonly ImageDependency[];
}

/** The largest TLV area that a profile reads, in bytes. */
export function areaByteLimit(profile: ImageProfile): number {
  return profile === "holdfast" ? HOLDFAST_AREA_BYTE_LENGTH : MCUBOOT_AREA_BYTE_LENGTH;
}

/**
 * Checks an image's flags and TLVs against a profile, and collects their values. The unprotected area may hold only hash,
 * key hashes and signatures in both profiles: an attacker can write it freely (CVE-2024-32883).
 * @throws ImageError `header-unsupported`, `tlv-not-allowed`, `tlv-length` or `tlv-missing`.
 */
export function readClaims(image: ParsedImage, profile: ImageProfile): ImageClaims {
  const header = image.header;
  if ((header.flags & ~SUPPORTED_FLAGS) !== 0) {
    const expected = `flags among ${hexNumber(SUPPORTED_FLAGS)}`;
    throw new ImageError("header-unsupported", expected, hexNumber(header.flags), 16);
  }
  if ((header.flags & FLAG_RAM_LOAD) !== 0 && (header.flags & FLAG_ROM_FIXED) !== 0) {
    throw new ImageError("header-unsupported", "RAM_LOAD or ROM_FIXED", "both flags", 16);
  }
  if (header.reserved !== 0) {
    throw new ImageError("header-unsupported", "reserved field 0", hexNumber(header.reserved), 28);
  }
  for (const tlv of image.protectedTlvs) requireAllowed(tlv, "protected", protectedByteLength(tlv.type));
  for (const tlv of image.unprotectedTlvs) requireAllowed(tlv, "unprotected", unprotectedByteLength(tlv.type));
  const dependencies: ImageDependency[] = [];
  for (const tlv of image.protectedTlvs) {
    requireLength(tlv, protectedByteLength(tlv.type));
    if (tlv.type === TLV_DEPENDENCY) dependencies.push(readDependency(tlv));
  }
  for (const tlv of image.unprotectedTlvs) requireLength(tlv, unprotectedByteLength(tlv.type));
  const counter = find(image.protectedTlvs, TLV_SECURITY_COUNTER);
  const claims: ImageClaims = {
    digest: requirePresent(find(image.unprotectedTlvs, TLV_SHA256), TLV_SHA256, image).value,
    signatures: readSignatures(image),
    securityCounter: counter === undefined ? undefined : readUint32(counter.value, 0),
    bootRecord: find(image.protectedTlvs, TLV_BOOT_RECORD),
    vendorId: find(image.protectedTlvs, TLV_VENDOR_ID),
    classId: find(image.protectedTlvs, TLV_CLASS_ID),
    dependencies,
  };
  if (profile === "holdfast") {
    requirePresent(counter, TLV_SECURITY_COUNTER, image);
    requirePresent(claims.bootRecord, TLV_BOOT_RECORD, image);
    requirePresent(claims.vendorId, TLV_VENDOR_ID, image);
    requirePresent(claims.classId, TLV_CLASS_ID, image);
  }
  return claims;
}

/** Bytes of each protected value of a fixed size; -1 when any size will do, undefined when the type is not allowed there. */
function protectedByteLength(type: number): number | undefined {
  switch (type) {
    case TLV_SECURITY_COUNTER:
      return 4;
    case TLV_VENDOR_ID:
    case TLV_CLASS_ID:
      return 16;
    case TLV_DEPENDENCY:
      return 12;
    case TLV_BOOT_RECORD:
      return -1;
    default:
      return type >= TLV_VENDOR_MINIMUM && type <= TLV_VENDOR_MAXIMUM ? -1 : undefined;
  }
}

/** The same for the unprotected area. */
function unprotectedByteLength(type: number): number | undefined {
  switch (type) {
    case TLV_SHA256:
    case TLV_KEY_HASH:
      return 32;
    case TLV_ED25519_SIGNATURE:
      return 64;
    case TLV_ECDSA_SIGNATURE:
      // Its length is part of its own DER, which is checked with the signature.
      return -1;
    default:
      return undefined;
  }
}

function requireAllowed(tlv: Tlv, area: string, byteLength: number | undefined): void {
  if (byteLength !== undefined) return;
  const found = `${tlvName(tlv.type)} (${hexNumber(tlv.type)})`;
  throw new ImageError("tlv-not-allowed", `a type allowed in the ${area} area`, found, tlv.offset - 4);
}

function requireLength(tlv: Tlv, byteLength: number | undefined): void {
  if (byteLength === undefined || byteLength < 0 || tlv.value.length === byteLength) return;
  const expected = `${tlvName(tlv.type)} of ${byteLength} bytes`;
  throw new ImageError("tlv-length", expected, `${tlv.value.length}`, tlv.offset - 2);
}

function find(tlvs: readonly Tlv[], type: number): Tlv | undefined {
  for (const tlv of tlvs) {
    if (tlv.type === type) return tlv;
  }
  return undefined;
}

function requirePresent(tlv: Tlv | undefined, type: number, image: ParsedImage): Tlv {
  if (tlv !== undefined) return tlv;
  const area = type === TLV_SHA256 || type === TLV_KEY_HASH ? "unprotected" : "protected";
  throw new ImageError("tlv-missing", `${tlvName(type)} in the ${area} area`, "none", image.signedByteLength);
}

/** The parser has seen to it that each key hash is followed by its signature. */
function readSignatures(image: ParsedImage): readonly SignaturePair[] {
  const pairs: SignaturePair[] = [];
  let keyHash: Tlv | undefined;
  for (const tlv of image.unprotectedTlvs) {
    if (tlv.type === TLV_KEY_HASH) keyHash = tlv;
    if (tlv.type !== TLV_ECDSA_SIGNATURE && tlv.type !== TLV_ED25519_SIGNATURE) continue;
    const algorithm = tlv.type === TLV_ED25519_SIGNATURE ? "ed25519" : "ecdsa-p256";
    const { value, offset } = requirePresent(keyHash, TLV_KEY_HASH, image);
    pairs.push({ keyHash: value, algorithm, signature: tlv.value, offset });
  }
  if (pairs.length === 0) requirePresent(undefined, TLV_KEY_HASH, image);
  return pairs;
}

function readDependency(tlv: Tlv): ImageDependency {
  return { image: tlv.value[0] as number, minimum: readVersion(tlv.value, 4) };
}
