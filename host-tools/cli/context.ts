/** What every verb of the command line receives, and the error that ends one. */

import type { Output } from "./output.ts";

/** Given to each verb's `register`; a verb takes nothing from the process itself. */
export interface CommandContext {
  readonly output: Output;
  /** Absolute path of the repository, where `build/`, `keys/` and the sources are found. */
  readonly root: string;
}

/** 1: the check failed. 2: usage or set-up. 3: time-out. */
export type FailureExitCode = 1 | 2 | 3;

/**
 * Ends a verb with one line on standard error, or `{"error":{"code","message"}}` with --json, and the exit code.
 * When `output.result` was called before, the result stays the only JSON object and the message goes to standard error.
 */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: string;
  readonly exitCode: FailureExitCode;

  /**
   * @param code lower-case words joined by `-`, stable for scripts
   * @param message one line: what was expected, what was found, where
   */
  constructor(code: string, message: string, exitCode: FailureExitCode = 2) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}
