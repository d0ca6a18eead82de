/** The closed set of reasons for which the state sectors cannot be read or written. */

/**
 * | code | meaning |
 * |---|---|
 * | state-geometry | the flash is not two blocks that hold a record and its counters |
 * | state-missing | neither sector holds a finished record |
 * | state-exists | formatting was asked for where a finished record is |
 * | state-value | a value is out of its range |
 * | state-worn | the flash failed, or the marks that make a change permanent are used up |
 */
export type StateErrorCode = "state-geometry" | "state-missing" | "state-exists" | "state-value" | "state-worn";

/** The state sectors could not be used; the message is one line: what was expected, what was found. */
export class StateError extends Error {
  override readonly name: string = "StateError";
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, expected: string, found: string) {
    super(`state: expected ${expected}, found ${found}`);
    this.code = code;
  }
}
