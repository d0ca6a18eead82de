/** Makes images in two steps, so that the key may be elsewhere: prepare what is signed, then attach the signatures. */
import { encodeBootRecord } from "./boot-record.ts";
import { writeUint32 } from "./bytes.ts";
import { ImageError } from "./errors.ts";
import {
  encodeHeader,
  FLAG_NON_BOOTABLE,
  FLAG_RAM_LOAD,
  FLAG_ROM_FIXED,
  IMAGE_HEADER_BYTE_LENGTH,
  type ImageHeader,
} from "./header.ts";
import type { ImageDependency, SignatureAlgorithm } from "./profile.ts";
import {
  encodeArea,
  PROTECTED_AREA_MAGIC,
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
  type TlvInput,
  UNPROTECTED_AREA_MAGIC,
} from "./tlv.ts";
import { type ImageVersion, writeVersion } from "./version.ts";

/** Where an image runs: `ram` and `rom` name the address of its header. */
export type ImagePlacement = { readonly kind: "anywhere" } | { readonly kind: "ram" | "rom"; readonly address: number };

/** What an image says; the four identity fields are mandatory for a Holdfast device and left out only to test others. */
export interface ImageDescription {
  readonly payload: Uint8Array;
  readonly version: ImageVersion;
  /** Offset of the payload, at least 32 (the default); the gap is filled with 0xff, which costs flash no programming. */
  readonly headerByteLength?: number;
  /** Default `anywhere`. */
  readonly placement?: ImagePlacement;
  /** Default true; false marks a package that nothing may start. */
  readonly bootable?: boolean;
  readonly securityCounter?: number;
  /** The software type of the boot record; its version and signer come from this description. */
  readonly softwareType?: string;
  /** SHA-256 of the signer's SubjectPublicKeyInfo for the boot record, 32 bytes; zeros when left out. */
  readonly signer?: Uint8Array;
  readonly dependencies?: readonly ImageDependency[];
  /** 16 bytes. */
  readonly vendorId?: Uint8Array;
  /** 16 bytes. */
  readonly classId?: Uint8Array;
  /** Types from 0x00a0 to 0xfffe, each once. */
  readonly vendorTlvs?: readonly TlvInput[];
}

/** A signature made over a digest. */
export interface ImageSignature {
  /** SHA-256 of the signer's SubjectPublicKeyInfo, 32 bytes. */
  readonly keyHash: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  /** DER for ECDSA; 64 bytes, over the digest as message, for Ed25519. */
  readonly signature: Uint8Array;
}

/**
 * Makes the signed region of an image: header, payload, protected TLVs in imgtool's order.
 * The caller takes its SHA-256, has that signed, and passes both to {@link attachSignatures}.
 * @throws ImageError `build-value` or `image-sizes` when a field is out of its range.
 */
export function prepareImage(description: ImageDescription): Uint8Array {
  const tlvs = protectedTlvs(description);
  const area = tlvs.length === 0 ? new Uint8Array(0) : encodeArea(PROTECTED_AREA_MAGIC, tlvs);
  const header: ImageHeader = {
    loadAddress: description.placement === undefined ? 0 : placementAddress(description.placement),
    headerByteLength: description.headerByteLength ?? IMAGE_HEADER_BYTE_LENGTH,
    protectedByteLength: area.length,
    payloadByteLength: description.payload.length,
    flags: flagsOf(description),
    version: description.version,
    reserved: 0,
  };
  const encoded = encodeHeader(header);
  const region = new Uint8Array(header.headerByteLength + header.payloadByteLength + area.length);
  region.fill(0xff, 0, header.headerByteLength);
  region.set(encoded, 0);
  region.set(description.payload, header.headerByteLength);
  region.set(area, header.headerByteLength + header.payloadByteLength);
  return region;
}

/**
 * Completes an image with its digest and signatures.
 * @param region what {@link prepareImage} made.
 * @param digest SHA-256 of `region`, 32 bytes.
 * @throws ImageError `build-value` when a field has a wrong size.
 */
export function attachSignatures(
  region: Uint8Array,
  digest: Uint8Array,
  signatures: readonly ImageSignature[],
): Uint8Array {
  const tlvs: TlvInput[] = [{ type: TLV_SHA256, value: requireBytes("digest", digest, 32) }];
  for (const signature of signatures) {
    tlvs.push({ type: TLV_KEY_HASH, value: requireBytes("key hash", signature.keyHash, 32) });
    const type = signature.algorithm === "ecdsa-p256" ? TLV_ECDSA_SIGNATURE : TLV_ED25519_SIGNATURE;
    tlvs.push({ type, value: signature.signature });
  }
  const area = encodeArea(UNPROTECTED_AREA_MAGIC, tlvs);
  const image = new Uint8Array(region.length + area.length);
  image.set(region, 0);
  image.set(area, region.length);
  return image;
}

function placementAddress(placement: ImagePlacement): number {
  return placement.kind === "anywhere" ? 0 : placement.address;
}

function flagsOf(description: ImageDescription): number {
  let flags = description.bootable === false ? FLAG_NON_BOOTABLE : 0;
  if (description.placement?.kind === "ram") flags |= FLAG_RAM_LOAD;
  if (description.placement?.kind === "rom") flags |= FLAG_ROM_FIXED;
  return flags;
}

function protectedTlvs(description: ImageDescription): readonly TlvInput[] {
  const tlvs: TlvInput[] = [];
  if (description.securityCounter !== undefined) {
    tlvs.push({ type: TLV_SECURITY_COUNTER, value: encodeCounter(description.securityCounter) });
  }
  if (description.softwareType !== undefined) {
    const { major, minor, revision } = description.version;
    const record = encodeBootRecord({
      softwareType: description.softwareType,
      version: `${major}.${minor}.${revision}`,
      signer: description.signer ?? new Uint8Array(32),
    });
    tlvs.push({ type: TLV_BOOT_RECORD, value: record });
  }
  for (const dependency of description.dependencies ?? []) {
    tlvs.push({ type: TLV_DEPENDENCY, value: encodeDependency(dependency) });
  }
  if (description.vendorId !== undefined) {
    tlvs.push({ type: TLV_VENDOR_ID, value: requireBytes("vendor id", description.vendorId, 16) });
  }
  if (description.classId !== undefined) {
    tlvs.push({ type: TLV_CLASS_ID, value: requireBytes("class id", description.classId, 16) });
  }
  for (const tlv of description.vendorTlvs ?? []) {
    if (!Number.isInteger(tlv.type) || tlv.type < TLV_VENDOR_MINIMUM || tlv.type > TLV_VENDOR_MAXIMUM) {
      throw new ImageError("build-value", "vendor TLV type from 0xa0 to 0xfffe", `0x${tlv.type.toString(16)}`);
    }
    if (tlvs.some((earlier) => earlier.type === tlv.type)) {
      throw new ImageError("build-value", "each vendor TLV type once", `0x${tlv.type.toString(16)} twice`);
    }
    tlvs.push(tlv);
  }
  return tlvs;
}

function encodeCounter(counter: number): Uint8Array {
  if (!Number.isInteger(counter) || counter < 0 || counter > 0xffffffff) {
    throw new ImageError("build-value", "security counter from 0 to 4294967295", `${counter}`);
  }
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, counter);
  return bytes;
}

function encodeDependency(dependency: ImageDependency): Uint8Array {
  if (!Number.isInteger(dependency.image) || dependency.image < 0 || dependency.image > 0xff) {
    throw new ImageError("build-value", "image number from 0 to 255", `${dependency.image}`);
  }
  const bytes = new Uint8Array(12);
  bytes[0] = dependency.image;
  writeVersion(bytes, 4, dependency.minimum);
  return bytes;
}

function requireBytes(name: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new ImageError("build-value", `${name} of ${length} bytes`, `${bytes.length}`);
  return bytes;
}
