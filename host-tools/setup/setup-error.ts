/** Why this machine cannot build or test yet. */

export type SetupErrorCode =
  /** Commands are missing, and this program may not or cannot install them. */
  | "packages-missing"
  /** The package manager was run and failed. */
  | "install-failed"
  /** A third-party source tree is not there: set-up has not run, or the variable names something else. */
  | "source-missing"
  /** The archive no longer has the pinned version. */
  | "source-version-moved"
  /** A download failed for another reason than a missing file. */
  | "download-failed"
  /** A downloaded file is not the pinned one, or does not unpack. */
  | "source-corrupt"
  /** An independent judge (imgtool) could not be installed. */
  | "judge-missing";

/** One line: what was expected, what was found, what to do. Ends the command line with exit code 2. */
export class SetupError extends Error {
  override readonly name = "SetupError";
  readonly code: SetupErrorCode;

  constructor(code: SetupErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
