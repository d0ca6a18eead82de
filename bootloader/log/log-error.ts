/** The closed set of reasons for which the crash log cannot be read or written. */

/**
 * | code | meaning |
 * |---|---|
 * | log-geometry | the flash is not two blocks that hold what is kept and some room |
 * | log-missing | neither block holds a finished state |
 * | log-exists | formatting was asked for where a finished state is |
 * | log-closed | something was asked for before `startBoot` |
 * | log-storm | a reporter has had too many different failures in this power cycle; they are counted |
 * | log-worn | the flash failed, or a number has reached its end |
 */
export type LogErrorCode = "log-geometry" | "log-missing" | "log-exists" | "log-closed" | "log-storm" | "log-worn";

/** The crash log could not be used; the message is one line: what was expected, what was found. */
export class LogError extends Error {
  override readonly name: string = "LogError";
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, expected: string, found: string) {
    super(`crash log: expected ${expected}, found ${found}`);
    this.code = code;
  }
}
