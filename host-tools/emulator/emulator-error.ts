/** Errors of flash images and emulators. */

export type EmulatorErrorCode =
  /** A program that an emulated board needs is not installed. */
  | "emulator-missing"
  /** The emulator ended before the board ran, or could not be reached. */
  | "emulator-failed"
  /** The board's emulator ended while something was awaited. */
  | "emulator-exited"
  /** What was awaited did not appear in time. */
  | "console-timeout"
  /** Contents that do not fit their partition. */
  | "image-too-large"
  /** A flash file, bank or partition that does not fit the board. */
  | "flash-mismatch";

/** A board that could not be prepared or run in the emulator; the message is one line. */
export class EmulatorError extends Error {
  readonly code: EmulatorErrorCode;

  constructor(code: EmulatorErrorCode, message: string) {
    super(message.replace(/[\r\n]+/g, " "));
    this.name = "EmulatorError";
    this.code = code;
  }
}
