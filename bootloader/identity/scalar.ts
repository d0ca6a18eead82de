/** Numbers below the order of P-256: private keys from a seed, and nonces from a private key and a digest (RFC 6979). */
import type { Mac } from "../../protocol/dice/key-derivation.ts";
import { HmacDrbg } from "../random/hmac-drbg.ts";
import { IdentityError } from "./errors.ts";

/** The order of the P-256 group (SEC 2, section 2.4.2), big endian. */
const P256_ORDER: readonly number[] = Object.freeze([
  ...[0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ...[0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51],
]);
const SCALAR_BYTE_LENGTH = 32;
/** A value is out of range once in 2^32 times: more tries than this mean a broken hash. */
const TRY_LIMIT = 4;

/**
 * The first number from 1 to n - 1 that HMAC_DRBG gives (RFC 6979, section 3.2, steps b to h), as 32 bytes, big endian, for the
 * caller to zero.
 * @param mac HMAC-SHA512 for keys from seeds (Open DICE), HMAC-SHA256 for nonces of ES256.
 * @param seed Parts that together instantiate the generator: a seed, or private key and reduced digest.
 * @throws IdentityError `derivation`.
 */
export function scalarFromSeed(mac: Mac, hashLength: number, ...seed: readonly Uint8Array[]): Uint8Array {
  const generator = new HmacDrbg(mac, hashLength, ...seed);
  const candidate = new Uint8Array(SCALAR_BYTE_LENGTH);
  try {
    for (let tries = 0; tries < TRY_LIMIT; tries++) {
      if (tries > 0) generator.update();
      generator.output(candidate);
      if (isScalar(candidate)) return candidate;
    }
  } finally {
    generator.destroy();
  }
  candidate.fill(0);
  throw new IdentityError("derivation", `a number below the group order in ${TRY_LIMIT} tries`, "none");
}

/** Whether 1 <= value < n, in time that does not depend on a value in range. */
function isScalar(value: Uint8Array): boolean {
  let borrow = 0;
  let bits = 0;
  for (let index = SCALAR_BYTE_LENGTH - 1; index >= 0; index--) {
    const byte = value[index] as number;
    bits |= byte;
    borrow = (byte - (P256_ORDER[index] as number) - borrow) >>> 31;
  }
  return borrow === 1 && bits !== 0;
}

/**
 * A digest of 32 bytes reduced modulo n (RFC 6979, section 2.3.4, bits2octets): it is below 2n, so one subtraction is enough.
 * Digests are public, so time may depend on them.
 */
export function reduceDigest(digest: Uint8Array): Uint8Array {
  const reduced = new Uint8Array(SCALAR_BYTE_LENGTH);
  let borrow = 0;
  for (let index = SCALAR_BYTE_LENGTH - 1; index >= 0; index--) {
    const difference = (digest[index] as number) - (P256_ORDER[index] as number) - borrow;
    reduced[index] = difference & 0xff;
    borrow = difference < 0 ? 1 : 0;
  }
  return borrow === 1 ? digest.slice() : reduced;
}
