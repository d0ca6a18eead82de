/** The crypto that identity needs. Secrets are held by the provider: code that decides can pass them on but never read them. */
import type { Es256Crypto } from "../../protocol/cose/es256.ts";
import type { Sha512 } from "../../protocol/dice/inputs.ts";

/** Length of every secret in bytes: device secret, CDI, seed. */
export const SECRET_BYTE_LENGTH = 32;

/** 32 secret bytes inside a provider. Authority is holding the value: there is no way from it to the bytes. */
export interface Secret {
  /** Zeroes the bytes. Twice is fine; any other use afterwards is refused with `secret-destroyed`. */
  destroy(): void;
}

/** A P-256 key pair whose private half is inside a provider. */
export interface SigningKey {
  /**
   * 65 bytes, `04 || x || y`. A copy: the caller may keep it. Computed on first use, one point multiplication.
   * @throws IdentityError `secret-destroyed` when the key was destroyed before its first use.
   */
  readonly publicKey: Uint8Array;
  /**
   * ECDSA over a digest of 32 bytes, with the nonce of RFC 6979 (SHA-256): the same digest gives the same signature.
   * @returns 64 bytes, `r || s`; `s` is not normalised.
   * @throws IdentityError `secret-destroyed`, RangeError for another length.
   */
  signDigest(digest: Uint8Array): Uint8Array;
  /** Zeroes the private half. */
  destroy(): void;
}

/** The right to take secrets out of a provider. Only the stage that starts the root of trust holds it. */
export interface SecretMover {
  /**
   * The 32 bytes, for the caller to hand over and zero; the secret is destroyed.
   * @throws IdentityError `secret-destroyed` or `secret-foreign`.
   */
  moveOut(secret: Secret): Uint8Array;
}

/** What a board or Node provides. */
export interface IdentityCrypto extends Es256Crypto {
  /** 64 bytes. Passed on without its object. */
  readonly sha512: Sha512;
  /**
   * Takes 32 secret bytes in and zeroes the given array.
   * @throws RangeError for another length.
   */
  importSecret(bytes: Uint8Array): Secret;
  /**
   * HKDF-SHA512 (RFC 5869) with the secret as input key material; 32 bytes, which stay inside.
   * @throws IdentityError `secret-destroyed` or `secret-foreign`.
   */
  deriveSecret(secret: Secret, salt: Uint8Array, info: Uint8Array): Secret;
  /**
   * The P-256 key pair of a seed as Open DICE derives it: the first value in range of HMAC_DRBG-SHA512 (RFC 6979, section 3.2,
   * steps b to h), instantiated with the seed.
   * @param publicKey The key's public half when it is known already, from whoever is trusted with the seed.
   * @throws IdentityError `secret-destroyed`, `secret-foreign` or `derivation`.
   */
  keyFromSeed(seed: Secret, publicKey?: Uint8Array): SigningKey;
}

/** ChaCha20-Poly1305 (RFC 8439) under a secret that stays inside its provider. */
export interface SealingCrypto {
  /**
   * @param nonce 12 bytes, never twice for one secret.
   * @param associated Authenticated with the text, and not part of it.
   * @returns the encrypted text and a tag of 16 bytes.
   * @throws IdentityError `secret-destroyed` or `secret-foreign`.
   */
  sealWith(secret: Secret, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array;
  /** @returns undefined for anything but what was sealed. @throws IdentityError `secret-destroyed` or `secret-foreign`. */
  openWith(secret: Secret, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}
