/** The error that every driver throws for what hardware or call order did wrong; wrong arguments are RangeError and TypeError. */

/**
 * - `closed`: a call after `close()`
 * - `busy`: somebody holds the pin, source or queue already
 * - `no-space`: a write needs more room than there is
 * - `timeout`: hardware did not answer in time
 * - `device`: hardware is absent, of another kind, or broke its own protocol
 * - `unsupported`: hardware is present but cannot do what was asked
 * - `not-erased`: programming would need a bit to go from 0 to 1, or a unit to be programmed twice
 * - `locked`: a flash block is protected
 * - `voltage`: the flash programming voltage is out of range
 * - `erase-failed`, `program-failed`: the flash reported a failed operation
 * - `verify-failed`: flash reads back something else than was written
 * - `unhealthy`: a random source failed its health tests
 */
export type DriverErrorCode =
  | "closed"
  | "busy"
  | "no-space"
  | "timeout"
  | "device"
  | "unsupported"
  | "not-erased"
  | "locked"
  | "voltage"
  | "erase-failed"
  | "program-failed"
  | "verify-failed"
  | "unhealthy";

/** A failure of a driver. The message says what was expected, what was found and where, on one line. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly code: DriverErrorCode;

  constructor(code: DriverErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The error of any call after `close()`. */
export function closedError(where: string): DriverError {
  return new DriverError("closed", `${where}: expected an open instance, found a closed one`);
}
