/** Errors of the steps that turn TypeScript into code for a board. */

export type BuildErrorCode =
  /** TypeScript found mistakes; `diagnostics` holds all of them. */
  | "type-error"
  /** The TypeScript compiler did not run or said something unexpected. */
  | "type-check-failed"
  /** A module has a syntax error or cannot be read. */
  | "emit-failed"
  /** A module imports in a way that devices do not have, such as import(). */
  | "unsupported-import"
  /** A `defines` entry that C could not hold. */
  | "invalid-define"
  /** A C compiler or the byte code compiler refused a file. */
  | "compile-failed"
  /** A preloaded module leaves something behind that flash cannot hold. */
  | "freeze-refused"
  /** Objects or byte code do not fit together. */
  | "link-failed"
  /** An image is larger than its slot or its budget. */
  | "too-large";

/** One finding of the TypeScript compiler; line and column count from 1 and are 0 when it names no file. */
export interface Diagnostic {
  /** Path relative to the repository, with forward slashes; "" when there is none. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** TypeScript's number, such as `TS2322`. */
  readonly code: string;
  readonly message: string;
}

/** A build step that failed; the message is one line. */
export class BuildError extends Error {
  readonly code: BuildErrorCode;
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: BuildErrorCode, message: string, diagnostics: readonly Diagnostic[] = []) {
    super(message.replace(/[\r\n]+/g, " "));
    this.name = "BuildError";
    this.code = code;
    this.diagnostics = diagnostics;
  }
}
