/** SHA-256 and ECDSA P-256 verification (mbedTLS). */

/** SHA-256 (FIPS 180-4) of the bytes: 32 bytes. @throws TypeError for anything but bytes. */
export function sha256(data: ArrayBuffer | Uint8Array): ArrayBuffer;

/**
 * SHA-256 of memory in place: 32 bytes.
 * @param address Physical; the whole range must lie in one readable region of board.json.
 * @throws RangeError for any other range.
 */
export function sha256Region(address: number, byteLength: number): ArrayBuffer;

/**
 * ECDSA over P-256 (FIPS 186-5). False for a signature or key that is no valid one.
 * @param publicKey 65 bytes, `04 || x || y`.
 * @param digest 32 bytes.
 * @param signature 64 bytes, `r || s`.
 * @throws RangeError for other lengths, TypeError for anything but bytes.
 */
export function verifyP256(
  publicKey: ArrayBuffer | Uint8Array,
  digest: ArrayBuffer | Uint8Array,
  signature: ArrayBuffer | Uint8Array,
): boolean;
