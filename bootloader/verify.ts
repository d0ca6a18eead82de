/** The decision whether an image may run: every check of the image format, in its fixed order, failing closed with a code. */
import { type BootRecord, decodeBootRecord } from "../protocol/image/boot-record.ts";
import { equalBytes, hexNumber, toHex } from "../protocol/image/bytes.ts";
import { rawSignatureFromDer } from "../protocol/image/ecdsa-signature.ts";
import { ImageError, type ImageErrorCode } from "../protocol/image/errors.ts";
import { FLAG_NON_BOOTABLE, FLAG_RAM_LOAD, FLAG_ROM_FIXED, type ImageHeader } from "../protocol/image/header.ts";
import { parseImage } from "../protocol/image/parse.ts";
import {
  areaByteLimit,
  type ImageClaims,
  type ImageDependency,
  type ImageProfile,
  readClaims,
  type SignaturePair,
} from "../protocol/image/profile.ts";
import type { TrustedKey } from "../protocol/image/public-key.ts";
import type { ImageSource } from "../protocol/image/source.ts";
import type { Tlv } from "../protocol/image/tlv.ts";
import { compareVersions, formatVersion, type ImageVersion } from "../protocol/image/version.ts";

/** What a verifier trusts and asks for. Every member is written out, so that leaving a check out is a visible decision. */
export interface VerificationPolicy {
  /** The boot stage always uses `holdfast`. */
  readonly profile: ImageProfile;
  readonly keys: readonly TrustedKey[];
  /** Security counter of the device; an image's may be equal or higher. */
  readonly minimumCounter: number;
  /** 16 bytes. */
  readonly vendorId: Uint8Array | "any";
  /** 16 bytes. */
  readonly classId: Uint8Array | "any";
  /** Bytes of the slot without its trailer. */
  readonly slotByteLength: number;
  /** Answers the version of another installed image, or undefined when there is none. */
  readonly installedVersion: ((image: number) => ImageVersion | undefined) | "any";
  /** True where the image will be started: packages are refused. */
  readonly bootable: boolean;
  /** Address of the image's header where it will run; an image that names another is refused. */
  readonly runAddress: number | "any";
}

/** The public-key operations of a verifier, native on a device. They return false for any bad input, and never throw for one. */
export interface ImageCrypto {
  /**
   * ECDSA P-256.
   * @param publicKey 65 bytes, `04 || x || y`.
   * @param digest the 32 bytes that were signed.
   * @param signature 64 bytes, `r || s`.
   */
  verifyP256(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Ed25519 with the 32 bytes of the digest as its message; left out where it is not supported.
   * @param publicKey 32 bytes.
   * @param signature 64 bytes.
   */
  verifyEd25519?(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}

/** An image that passed every check. */
export interface VerifiedImage {
  readonly header: ImageHeader;
  /** SHA-256 of the signed region as computed here, 32 bytes. */
  readonly digest: Uint8Array;
  /** The key whose signature verified. */
  readonly key: TrustedKey;
  /** Undefined only in the `mcuboot` profile, like the next three. */
  readonly securityCounter: number | undefined;
  readonly vendorId: Uint8Array | undefined;
  readonly classId: Uint8Array | undefined;
  readonly bootRecord: BootRecord | undefined;
  readonly dependencies: readonly ImageDependency[];
  /** The signed TLVs, vendor types among them. */
  readonly protectedTlvs: readonly Tlv[];
  /** Bytes from the first of the header to the last of the TLVs. */
  readonly imageByteLength: number;
}

/**
 * Verifies an image where it lies. The payload is read once, by the source's own digest.
 * @throws ImageError with the code of the first check that failed.
 */
export function verifyImage(source: ImageSource, policy: VerificationPolicy, crypto: ImageCrypto): VerifiedImage {
  const image = parseImage(source, {
    slotByteLength: policy.slotByteLength,
    areaByteLength: areaByteLimit(policy.profile),
  });
  const claims = readClaims(image, policy.profile);
  const digest = source.digest(0, image.signedByteLength);
  if (!equalBytes(digest, claims.digest)) {
    throw new ImageError("digest-mismatch", `SHA-256 ${toHex(claims.digest)} as recorded`, toHex(digest), 0);
  }
  const key = requireSignature(claims.signatures, digest, policy.keys, crypto);
  requireCounter(claims, policy);
  requireIdentity("vendor-mismatch", "vendor", policy.vendorId, claims.vendorId);
  requireIdentity("class-mismatch", "class", policy.classId, claims.classId);
  for (const dependency of claims.dependencies) requireDependency(dependency, policy);
  requireUse(image.header, policy);
  return {
    header: image.header,
    digest,
    key,
    securityCounter: claims.securityCounter,
    vendorId: claims.vendorId?.value,
    classId: claims.classId?.value,
    bootRecord: claims.bootRecord === undefined ? undefined : decodeBootRecord(claims.bootRecord),
    dependencies: claims.dependencies,
    protectedTlvs: image.protectedTlvs,
    imageByteLength: image.imageByteLength,
  };
}

/** How far a signature pair came; when none verifies, the one that came furthest says why. */
const FAILURES: readonly ImageErrorCode[] = Object.freeze([
  "key-unknown",
  "key-revoked",
  "algorithm-unsupported",
  "signature-invalid",
] as const);

/**
 * One signature of one trusted key is enough, wherever it stands: MCUboot lets the last pair decide, so that a bad
 * signature appended to a good one would make an image unbootable.
 */
function requireSignature(
  pairs: readonly SignaturePair[],
  digest: Uint8Array,
  keys: readonly TrustedKey[],
  crypto: ImageCrypto,
): TrustedKey {
  let furthest = 0;
  let blamed = pairs[0];
  for (const pair of pairs) {
    const key = findKey(keys, pair.keyHash);
    if (key === undefined) continue;
    const failure = checkSignature(pair, digest, key, crypto);
    if (failure === undefined) return key;
    const reached = FAILURES.indexOf(failure);
    if (reached > furthest) {
      furthest = reached;
      blamed = pair;
    }
  }
  const found = blamed === undefined ? "no signature" : `key hash ${toHex(blamed.keyHash)}`;
  throw new ImageError(
    FAILURES[furthest] as ImageErrorCode,
    "a valid signature of a trusted key",
    found,
    blamed?.offset,
  );
}

function findKey(keys: readonly TrustedKey[], keyHash: Uint8Array): TrustedKey | undefined {
  let found: TrustedKey | undefined;
  for (const key of keys) {
    if (!equalBytes(key.keyHash, keyHash)) continue;
    // If a list names a key twice, revocation wins.
    if (key.revoked) return key;
    found = key;
  }
  return found;
}

function checkSignature(
  pair: SignaturePair,
  digest: Uint8Array,
  key: TrustedKey,
  crypto: ImageCrypto,
): ImageErrorCode | undefined {
  if (key.revoked) return "key-revoked";
  if (pair.algorithm !== key.publicKey.algorithm) return "signature-invalid";
  let valid = false;
  if (pair.algorithm === "ecdsa-p256") {
    const raw = rawSignatureFromDer(pair.signature);
    valid = raw !== undefined && crypto.verifyP256(key.publicKey.bytes, digest, raw) === true;
  } else {
    if (crypto.verifyEd25519 === undefined) return "algorithm-unsupported";
    valid = crypto.verifyEd25519(key.publicKey.bytes, digest, pair.signature) === true;
  }
  return valid ? undefined : "signature-invalid";
}

function requireCounter(claims: ImageClaims, policy: VerificationPolicy): void {
  // An image without a counter passes the allow list in the `mcuboot` profile only, and counts as 0.
  const counter = claims.securityCounter ?? 0;
  if (counter >= policy.minimumCounter) return;
  throw new ImageError("counter-too-low", `security counter of ${policy.minimumCounter} or more`, `${counter}`);
}

function requireIdentity(
  code: ImageErrorCode,
  name: string,
  wanted: Uint8Array | "any",
  claimed: Tlv | undefined,
): void {
  if (wanted === "any") return;
  if (claimed !== undefined && equalBytes(claimed.value, wanted)) return;
  const found = claimed === undefined ? "none" : toHex(claimed.value);
  throw new ImageError(code, `${name} ${toHex(wanted)}`, found, claimed?.offset);
}

function requireDependency(dependency: ImageDependency, policy: VerificationPolicy): void {
  if (policy.installedVersion === "any") return;
  const installed = policy.installedVersion(dependency.image);
  if (installed !== undefined && compareVersions(installed, dependency.minimum) >= 0) return;
  const expected = `image ${dependency.image} of version ${formatVersion(dependency.minimum)} or higher`;
  throw new ImageError("dependency-unmet", expected, installed === undefined ? "none" : formatVersion(installed));
}

function requireUse(header: ImageHeader, policy: VerificationPolicy): void {
  if (policy.bootable && (header.flags & FLAG_NON_BOOTABLE) !== 0) {
    throw new ImageError("not-bootable", "an image that may be started", "a package (flag NON_BOOTABLE)", 16);
  }
  const fixed = (header.flags & (FLAG_RAM_LOAD | FLAG_ROM_FIXED)) !== 0;
  if (policy.runAddress !== "any" && (!fixed || header.loadAddress !== policy.runAddress)) {
    const found = fixed ? hexNumber(header.loadAddress) : "no address";
    throw new ImageError("address-mismatch", `image linked for ${hexNumber(policy.runAddress)}`, found, 4);
  }
}
