/** Signing in two steps: the digest goes to where the key is, a signature comes back and is attached once it has been verified. */
import { createHash } from "node:crypto";
import { decodeBootRecord } from "../../protocol/image/boot-record.ts";
import { equalBytes, toHex } from "../../protocol/image/bytes.ts";
import {
  derFromRawSignature,
  RAW_SIGNATURE_BYTE_LENGTH,
  rawSignatureFromDer,
} from "../../protocol/image/ecdsa-signature.ts";
import { ImageError } from "../../protocol/image/errors.ts";
import { decodeHeader, IMAGE_HEADER_BYTE_LENGTH, signedByteLength } from "../../protocol/image/header.ts";
import {
  attachSignatures,
  type ImageDescription,
  type ImageSignature,
  prepareImage,
} from "../../protocol/image/image.ts";
import { type ParsedImage, parseImage, SIGNATURE_LIMIT } from "../../protocol/image/parse.ts";
import { areaByteLimit, readClaims } from "../../protocol/image/profile.ts";
import { encodeArea, TLV_BOOT_RECORD, type Tlv, UNPROTECTED_AREA_MAGIC } from "../../protocol/image/tlv.ts";
import type { ImageKey } from "../keys/key-file.ts";
import { hostImageCrypto } from "./crypto.ts";
import { memoryImageSource } from "./source.ts";

/** An image that is still to be signed, or has been by some. */
export interface UnsignedImage {
  /** Header, payload and protected TLVs: what signatures cover. */
  readonly region: Uint8Array;
  /** SHA-256 of `region`, 32 bytes: what ECDSA signs, and Ed25519 signs as its message. */
  readonly digest: Uint8Array;
  /** Those attached so far. */
  readonly signatures: readonly ImageSignature[];
}

/**
 * Makes an image that is still to be signed: the signed region and nothing behind it.
 * @param signer whose public half is known; the boot record names it
 * @throws ImageError `build-value`, `image-sizes`
 */
export function createUnsignedImage(description: Omit<ImageDescription, "signer">, signer: ImageKey): Uint8Array {
  return prepareImage({ ...description, signer: signer.keyHash });
}

/**
 * Reads an unsigned image, or one that has signatures already.
 * @throws ImageError when the structure is broken, or the digest recorded with earlier signatures is another
 */
export function readUnsignedImage(bytes: Uint8Array): UnsignedImage {
  const header = decodeHeader(bytes.subarray(0, IMAGE_HEADER_BYTE_LENGTH));
  const region = Uint8Array.from(bytes.subarray(0, signedByteLength(header)));
  const digest = new Uint8Array(createHash("sha256").update(region).digest());
  if (bytes.length === region.length) {
    signedTlvs(region);
    return { region, digest, signatures: [] };
  }
  const claims = readClaims(parse(bytes), "mcuboot");
  if (!equalBytes(claims.digest, digest))
    throw new ImageError("digest-mismatch", `SHA-256 ${toHex(claims.digest)} as recorded`, toHex(digest), 0);
  return { region, digest, signatures: claims.signatures };
}

/**
 * Attaches a signature that was made elsewhere, behind those that are there.
 * @param signature ECDSA: DER, or the 64 bytes `r || s` of many security modules. Ed25519: 64 bytes
 * @param key the signer's public half
 * @throws ImageError `signature-invalid` when it does not verify; `build-value` for a second signature of a key, too many, or a first
 *   one that is not by the key that the boot record names
 */
export function attachSignature(bytes: Uint8Array, signature: Uint8Array, key: ImageKey): Uint8Array {
  const { region, digest, signatures } = readUnsignedImage(bytes);
  if (signatures.some(({ keyHash }) => equalBytes(keyHash, key.keyHash)))
    throw new ImageError("build-value", "one signature of each key", `a second of ${toHex(key.keyHash)}`);
  if (signatures.length === SIGNATURE_LIMIT)
    throw new ImageError("build-value", `at most ${SIGNATURE_LIMIT} signatures`, "one more");
  if (signatures.length === 0) requireNamedSigner(region, key);
  return attachSignatures(region, digest, [...signatures, verifiedSignature(signature, digest, key)]);
}

/**
 * A signature that was made elsewhere, once it has verified.
 * @param signature ECDSA: DER, or the 64 bytes `r || s`; Ed25519: 64 bytes
 * @param digest the 32 bytes that were signed
 * @throws ImageError `signature-invalid`
 */
export function verifiedSignature(
  signature: Uint8Array,
  digest: Uint8Array,
  { publicKey, keyHash }: ImageKey,
): ImageSignature {
  const { algorithm, bytes } = publicKey;
  if (algorithm === "ed25519") {
    if (hostImageCrypto.verifyEd25519?.(bytes, digest, signature) === true) return { keyHash, algorithm, signature };
  } else {
    // A raw signature may look like DER by chance; the one that verifies is meant.
    for (const raw of [rawSignatureFromDer(signature), signature]) {
      if (raw?.length !== RAW_SIGNATURE_BYTE_LENGTH || !hostImageCrypto.verifyP256(bytes, digest, raw)) continue;
      return { keyHash, algorithm, signature: derFromRawSignature(raw) };
    }
  }
  const found = `${signature.length} bytes that are not`;
  throw new ImageError("signature-invalid", `a signature of digest ${toHex(digest)} by ${toHex(keyHash)}`, found);
}

/** Attestation says whom the boot record names; an image that names somebody else would never pass for genuine. */
function requireNamedSigner(region: Uint8Array, key: ImageKey): void {
  const record = signedTlvs(region).find(({ type }) => type === TLV_BOOT_RECORD);
  if (record === undefined) return;
  const { signer } = decodeBootRecord(record);
  if (equalBytes(signer, key.keyHash)) return;
  throw new ImageError(
    "build-value",
    `a signature of ${toHex(signer)}, whom the boot record names`,
    toHex(key.keyHash),
  );
}

/**
 * The TLVs of a signed region.
 * @throws ImageError when its structure is broken
 */
export function signedTlvs(region: Uint8Array): readonly Tlv[] {
  // The parser wants the second area, which a region is yet to get.
  const area = encodeArea(UNPROTECTED_AREA_MAGIC, []);
  const whole = new Uint8Array(region.length + area.length);
  whole.set(region, 0);
  whole.set(area, region.length);
  return parse(whole).protectedTlvs;
}

function parse(bytes: Uint8Array): ParsedImage {
  const limits = { slotByteLength: bytes.length, areaByteLength: areaByteLimit("mcuboot") };
  return parseImage(memoryImageSource(bytes), limits);
}
