/** Why a measurement could not be taken, or must not be believed. */

export type BenchErrorCode =
  | "probe-lost" // the emulator went away, or answered what no emulator answers
  | "not-repeatable" // two equal runs counted differently
  | "bench-failed" // the benchmark program did not print what it must
  | "map-unreadable" // the linker's map or the image is not what this code knows
  | "measurements-stale"; // the generated page is not that of these sources

/** One line: what was expected, what was found, where. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code: BenchErrorCode;

  constructor(code: BenchErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
