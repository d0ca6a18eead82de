/** Errors of counting the trusted computing base. */

export type TcbErrorCode =
  /** A build's output is not laid out as expected. */
  | "output-unreadable"
  /** The budget file lacks a number, or holds something else. */
  | "budget-unreadable"
  /** A stage is larger than its budget. */
  | "over-budget";

/** The message is one line. */
export class TcbError extends Error {
  readonly code: TcbErrorCode;

  constructor(code: TcbErrorCode, message: string) {
    super(message);
    this.name = "TcbError";
    this.code = code;
  }
}
