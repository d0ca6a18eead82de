/** The closed set of reasons for which the identity code refuses. */

/**
 * Why the identity code refused.
 *
 * | code | meaning |
 * |---|---|
 * | random-failed | the random source gave an error; nothing of what it gave is kept |
 * | random-unhealthy | what the random source gave failed a health test; nothing of it is kept |
 * | device-secret | a stored device secret that is erased, zero or of another length: the device has no identity |
 * | secret-destroyed | a secret was used after it was destroyed |
 * | secret-foreign | a secret of another crypto provider |
 * | derivation | key derivation gave no valid private key in its bounded number of tries |
 * | log-full, log-closed | a measurement that the log may not take any more |
 * | measurement | a measurement with a field out of its range |
 * | nonce | an evidence nonce that is not 32, 48 or 64 bytes |
 */
export type IdentityErrorCode = (typeof IDENTITY_ERROR_CODES)[number];

/** Every {@link IdentityErrorCode}. */
export const IDENTITY_ERROR_CODES = Object.freeze([
  "random-failed",
  "random-unhealthy",
  "device-secret",
  "secret-destroyed",
  "secret-foreign",
  "derivation",
  "log-full",
  "log-closed",
  "measurement",
  "nonce",
] as const);

/** The identity code refused; the message is one line and never holds a secret. */
export class IdentityError extends Error {
  override readonly name: string = "IdentityError";
  readonly code: IdentityErrorCode;

  constructor(code: IdentityErrorCode, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.code = code;
  }
}
