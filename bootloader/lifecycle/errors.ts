/** The closed set of reasons for which lifecycle and device secret cannot be read or changed. */

/**
 * | code | meaning |
 * |---|---|
 * | flash-geometry | the flash is not the blocks that are expected |
 * | flash-worn | the flash failed, or what makes a change permanent is used up |
 * | secret-length | a device secret that is not 32 bytes |
 * | secret-exists | a secret was to be written where one is, was, or may be |
 * | secret-missing | a secret was asked for where none is that can be trusted |
 * | lifecycle-missing | no finished record of the lifecycle: never formatted, or damaged |
 * | lifecycle-order | the lifecycle was to go back, or to leave a step out |
 * | capability-size | a capability file that is empty, or longer than a record holds |
 * | capability-sequence | a capability file that was replaced or revoked, or a sequence out of range |
 * | capability-lifecycle | a capability file for a device that takes none any more |
 */
export type LifecycleErrorCode = (typeof LIFECYCLE_ERROR_CODES)[number];

/** Every {@link LifecycleErrorCode}. */
export const LIFECYCLE_ERROR_CODES = Object.freeze([
  "flash-geometry",
  "flash-worn",
  "secret-length",
  "secret-exists",
  "secret-missing",
  "lifecycle-missing",
  "lifecycle-order",
  "capability-size",
  "capability-sequence",
  "capability-lifecycle",
] as const);

/** Lifecycle or device secret could not be used; the message is one line and never holds a secret. */
export class LifecycleError extends Error {
  override readonly name: string = "LifecycleError";
  readonly code: LifecycleErrorCode;

  constructor(code: LifecycleErrorCode, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.code = code;
  }
}
