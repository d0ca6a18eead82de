/** Public keys of image signers: DER SubjectPublicKeyInfo (RFC 5480, RFC 8410) and the raw bytes that verifiers take. */
import { equalBytes, fromHex, toHex } from "./bytes.ts";
import type { SignatureAlgorithm } from "./profile.ts";

/** Everything of a P-256 SubjectPublicKeyInfo before its point: id-ecPublicKey, secp256r1, BIT STRING of 66 bytes. */
const P256_PREFIX = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
/** Everything of an Ed25519 SubjectPublicKeyInfo before its key: id-Ed25519, BIT STRING of 33 bytes. */
const ED25519_PREFIX = "302a300506032b6570032100";

/** A public key in raw form. */
export interface PublicKey {
  readonly algorithm: SignatureAlgorithm;
  /** P-256: 65 bytes, `04 || x || y`. Ed25519: 32 bytes. */
  readonly bytes: Uint8Array;
}

/** A key that a verifier knows. */
export interface TrustedKey {
  readonly publicKey: PublicKey;
  /** SHA-256 of the key's DER SubjectPublicKeyInfo, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** A revoked key is recognised, and nothing that only it signed is accepted. */
  readonly revoked: boolean;
}

/** A trusted key as text, the form in which a build compiles it into a boot stage. */
export interface TrustedKeyText {
  /** DER SubjectPublicKeyInfo, hexadecimal. */
  readonly spki: string;
  /** SHA-256 of those bytes, hexadecimal; computed by the build, so that a device need not. */
  readonly keyHash: string;
  /** A confirmed image of a newer epoch revokes the key. */
  readonly epoch: number;
  readonly revoked: boolean;
}

/**
 * Reads a DER SubjectPublicKeyInfo: exactly the two encodings that we write (uncompressed point, named curve).
 * @throws RangeError for anything else. Whether the point lies on the curve is checked by the verifier.
 */
export function publicKeyFromSpki(spki: Uint8Array): PublicKey {
  if (spki.length === 91 && startsWith(spki, P256_PREFIX) && spki[26] === 4) {
    return { algorithm: "ecdsa-p256", bytes: spki.slice(26) };
  }
  if (spki.length === 44 && startsWith(spki, ED25519_PREFIX)) {
    return { algorithm: "ed25519", bytes: spki.slice(12) };
  }
  const found = `${spki.length} bytes ${toHex(spki.subarray(0, 27))}`;
  throw new RangeError(`expected SubjectPublicKeyInfo of P-256 or Ed25519, found ${found}`);
}

function startsWith(bytes: Uint8Array, prefix: string): boolean {
  return equalBytes(bytes.subarray(0, prefix.length / 2), fromHex(prefix));
}

/**
 * Writes a public key as DER SubjectPublicKeyInfo.
 * @throws RangeError when the key's bytes have another size than its algorithm's.
 */
export function spkiFromPublicKey(key: PublicKey): Uint8Array {
  const prefix = key.algorithm === "ecdsa-p256" ? P256_PREFIX : ED25519_PREFIX;
  const spki = fromHex(prefix + toHex(key.bytes));
  if (!equalBytes(publicKeyFromSpki(spki).bytes, key.bytes))
    throw new RangeError("expected a key of its algorithm's size");
  return spki;
}

/**
 * Reads a trusted key from the text in a build's configuration.
 * @throws RangeError when a field is malformed.
 */
export function trustedKeyFromText(text: TrustedKeyText): TrustedKey {
  const keyHash = fromHex(text.keyHash);
  if (keyHash.length !== 32) throw new RangeError(`expected a key hash of 32 bytes, found ${keyHash.length}`);
  return { publicKey: publicKeyFromSpki(fromHex(text.spki)), keyHash, revoked: text.revoked };
}
