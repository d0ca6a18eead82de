/** Errors of everything that reads a board description. */

export type BoardErrorCode =
  | "board-not-found"
  | "board-not-json"
  | "board-missing-field"
  | "board-unknown-field"
  | "board-wrong-type"
  | "board-bad-value"
  | "board-overlap"
  | "board-unknown-reference"
  | "board-budget-exceeded"
  | "image-not-elf"
  | "image-symbol-missing";

/** A board description, or an image measured against it, that breaks a rule. The message names the field's path. */
export class BoardError extends Error {
  readonly code: BoardErrorCode;

  constructor(code: BoardErrorCode, message: string) {
    super(message);
    this.name = "BoardError";
    this.code = code;
  }
}
