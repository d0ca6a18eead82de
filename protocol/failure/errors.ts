/** The closed set of reasons for which a failure record or report is refused. */

/**
 * What is no deterministic CBOR is refused before, with a CborError.
 *
 * | code | meaning |
 * |---|---|
 * | byte-limit | longer than a record or report may be; checked first |
 * | structure | not the array or map that it must be |
 * | field-missing | a field that must be there |
 * | field-unknown | a field that the format does not have |
 * | field-type | a field of another type |
 * | field-value | a field out of its range, or longer than it may be |
 * | cause-unknown | a cause that is not among ours |
 */
export type FailureErrorCode = (typeof FAILURE_ERROR_CODES)[number];

/** Every {@link FailureErrorCode}. */
export const FAILURE_ERROR_CODES = Object.freeze([
  "byte-limit",
  "structure",
  "field-missing",
  "field-unknown",
  "field-type",
  "field-value",
  "cause-unknown",
] as const);

/** A record or report was refused; the message is one line: what was expected, what was found, and in which field. */
export class FailureError extends Error {
  override readonly name: string = "FailureError";
  readonly code: FailureErrorCode;
  readonly field: string;

  constructor(code: FailureErrorCode, expected: string, found: string, field: string) {
    super(`failure: expected ${expected}, found ${found} in ${field}`);
    this.code = code;
    this.field = field;
  }
}
