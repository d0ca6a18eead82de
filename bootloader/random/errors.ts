/** The reasons for which the root of trust gives no random bytes. */

/**
 * | code | meaning |
 * |---|---|
 * | seed | a seed of another length, or one that is a byte or a half repeated: no source made it |
 * | request-limit | more than 65,536 bytes in one request (SP 800-90A, table 2) |
 * | exhausted | the generator was asked too often since its seed, and refuses until it has a new one |
 * | closed | the generator was closed |
 */
export type RandomErrorCode = (typeof RANDOM_ERROR_CODES)[number];

/** Every {@link RandomErrorCode}. */
export const RANDOM_ERROR_CODES = Object.freeze(["seed", "request-limit", "exhausted", "closed"] as const);

/** No random bytes; the message is one line and never holds any. */
export class RandomError extends Error {
  override readonly name: string = "RandomError";
  readonly code: RandomErrorCode;

  constructor(code: RandomErrorCode, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.code = code;
  }
}
