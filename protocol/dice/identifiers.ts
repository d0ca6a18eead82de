/** Names of keys: the identifier in certificates (Open Profile for DICE, "Deriving Identifiers"), and our device ID. */
import { fromHex, toHex } from "../image/bytes.ts";
import { spkiFromPublicKey } from "../image/public-key.ts";
import type { Sha512 } from "./inputs.ts";
import { asciiBytes, hkdf, hmacSha512, macOf } from "./key-derivation.ts";

/** ID_SALT of the profile ("Salt"). */
const ID_SALT =
  "dbdbaebc8020da9ff0dd5a24c83aa5a54286dfc263031e329b4da148430659fe" +
  "62cdb5b7e1e00fc680306711eb444af77209359496fcff1db9520ba51c7b29ea";
/** Length of an identifier in bytes: it fits the serial number of a certificate. */
export const KEY_ID_BYTE_LENGTH = 20;
/** Type byte of a UEID that is random, or a hash (RFC 9711, section 4.2.1.1). */
const UEID_TYPE_RANDOM = 0x01;

/**
 * The identifier of a P-256 public key: HKDF-SHA512 of its 64 bytes `x || y`, first bit cleared so that it is a positive integer.
 * @param publicKey 65 bytes, `04 || x || y`.
 */
export function keyId(publicKey: Uint8Array, sha512: Sha512): Uint8Array {
  const id = hkdf(
    macOf(hmacSha512(sha512)),
    publicKey.subarray(1),
    fromHex(ID_SALT),
    asciiBytes("ID"),
    KEY_ID_BYTE_LENGTH,
  );
  id[0] = (id[0] as number) & 0x7f;
  return id;
}

/** The identifier as text in certificates: 40 lower-case hexadecimal digits. */
export function keyIdText(publicKey: Uint8Array, sha512: Sha512): string {
  return toHex(keyId(publicKey, sha512));
}

/**
 * The name of a device: SHA-256 of the DER SubjectPublicKeyInfo of its identity key, 32 bytes.
 * @throws RangeError for what is no P-256 public key of 65 bytes.
 */
export function deviceId(publicKey: Uint8Array, sha256: (data: Uint8Array) => Uint8Array): Uint8Array {
  return sha256(spkiFromPublicKey({ algorithm: "ecdsa-p256", bytes: publicKey }));
}

/** The UEID claim of a device: 0x01 and its device ID, 33 bytes. */
export function ueidOf(device: Uint8Array): Uint8Array {
  const ueid = new Uint8Array(1 + device.length);
  ueid[0] = UEID_TYPE_RANDOM;
  ueid.set(device, 1);
  return ueid;
}
