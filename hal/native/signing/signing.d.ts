/**
 * The cryptography of stages that hold secrets (mbedTLS, p256-m), in a module of its own so that others do not link it. Secret
 * arguments are read where they lie and results are written where they stay: no copy is left in native memory, the stack is
 * wiped. Everything here throws TypeError for anything but bytes.
 */

/** SHA-512 (FIPS 180-4) of the bytes: 64 bytes. */
export function sha512(data: ArrayBuffer | Uint8Array): ArrayBuffer;

/** HMAC-SHA256 (RFC 2104) of the parts in their order, under a key of any length: 32 bytes. */
export function hmacSha256(key: ArrayBuffer | Uint8Array, ...parts: readonly (ArrayBuffer | Uint8Array)[]): ArrayBuffer;

/** HMAC-SHA512, as `hmacSha256`: 64 bytes. */
export function hmacSha512(key: ArrayBuffer | Uint8Array, ...parts: readonly (ArrayBuffer | Uint8Array)[]): ArrayBuffer;

/**
 * The P-256 public key of a private one, in constant time: 65 bytes, `04 || x || y`.
 * @param privateKey 32 bytes, big endian.
 * @throws RangeError for another length, and for a number that is not from 1 to n - 1.
 */
export function p256PublicKey(privateKey: ArrayBuffer | Uint8Array): ArrayBuffer;

/**
 * ECDSA over P-256 (FIPS 186-5) with a given nonce, in constant time: 64 bytes, `r || s`, `s` as it comes.
 *
 * A nonce that is known, or used for two digests, gives the private key away: whoever calls this derives it (RFC 6979).
 * @param privateKey, nonce 32 bytes each, big endian.
 * @param digest 32 bytes.
 * @throws RangeError for other lengths, and for a private key or nonce that is not from 1 to n - 1.
 */
export function p256Sign(
  privateKey: ArrayBuffer | Uint8Array,
  nonce: ArrayBuffer | Uint8Array,
  digest: ArrayBuffer | Uint8Array,
): ArrayBuffer;

/**
 * ChaCha20-Poly1305 (RFC 8439): the ciphertext and behind it the tag of 16 bytes. The same key with the same nonce twice gives
 * both texts and the tag's key away.
 * @param key 32 bytes.
 * @param nonce 12 bytes.
 * @param associated Authenticated, not encrypted.
 * @throws RangeError for other lengths.
 */
export function aeadSeal(
  key: ArrayBuffer | Uint8Array,
  nonce: ArrayBuffer | Uint8Array,
  associated: ArrayBuffer | Uint8Array,
  plain: ArrayBuffer | Uint8Array,
): ArrayBuffer;

/**
 * The inverse of {@link aeadSeal}; undefined, and no plain text anywhere, when the tag is not that of these arguments.
 * @param sealed Ciphertext and tag, 16 bytes or more.
 * @throws RangeError for other lengths of key and nonce, and for less than a tag.
 */
export function aeadOpen(
  key: ArrayBuffer | Uint8Array,
  nonce: ArrayBuffer | Uint8Array,
  associated: ArrayBuffer | Uint8Array,
  sealed: ArrayBuffer | Uint8Array,
): ArrayBuffer | undefined;

/** Zeroes the bytes. No optimisation removes it. @throws TypeError for read-only bytes. */
export function wipe(bytes: ArrayBuffer | Uint8Array): void;
