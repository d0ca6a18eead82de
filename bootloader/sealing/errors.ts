/** The reasons for which the sealer refuses. */

/**
 * | code | meaning |
 * |---|---|
 * | data-limit | more data, or more associated bytes, than the sealer takes |
 * | format | no sealed text of a version that this root of trust knows: too short, too long, another first byte |
 * | not-authentic | changed, made with other associated bytes, for another purpose, by another device, authority or in another mode |
 */
export type SealErrorCode = (typeof SEAL_ERROR_CODES)[number];

/** Every {@link SealErrorCode}. */
export const SEAL_ERROR_CODES = Object.freeze(["data-limit", "format", "not-authentic"] as const);

/** The sealer refused; the message is one line and holds lengths only. */
export class SealError extends Error {
  override readonly name: string = "SealError";
  readonly code: SealErrorCode;

  constructor(code: SealErrorCode, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.code = code;
  }
}
