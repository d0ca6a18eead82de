/** The closed set of reasons for which a capability file is refused. */

/**
 * In the order of the checks.
 *
 * | code | meaning |
 * |---|---|
 * | format | longer than a capability file can be, or no COSE_Sign1 of our form |
 * | key-unknown | not signed by a key for capability files; keys that sign images or apps are none |
 * | key-revoked | signed by a key that is not to be trusted any more |
 * | signature | the signature does not verify |
 * | field | a field that is missing, unknown or out of its range |
 * | grant-unknown | a grant that this version does not know, one twice, or grants out of order |
 * | device-mismatch | made for another device |
 * | sequence-old | replaced by a later file, or revoked |
 * | expired | the device has booted more often than the file allows |
 * | lifecycle | a device that takes no capability file in its lifecycle |
 */
export type CapabilityErrorCode = (typeof CAPABILITY_ERROR_CODES)[number];

/** Every {@link CapabilityErrorCode}, in the order of the checks. */
export const CAPABILITY_ERROR_CODES = Object.freeze([
  "format",
  "key-unknown",
  "key-revoked",
  "signature",
  "field",
  "grant-unknown",
  "device-mismatch",
  "sequence-old",
  "expired",
  "lifecycle",
] as const);

/** A capability file was refused; the message is one line: what was expected, what was found. */
export class CapabilityError extends Error {
  override readonly name: string = "CapabilityError";
  readonly code: CapabilityErrorCode;

  constructor(code: CapabilityErrorCode, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.code = code;
  }
}
