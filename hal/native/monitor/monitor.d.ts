/** The runtime as the root of trust runs it: a coroutine that stops when it calls, when it hangs, or when it faults. */

/**
 * Why `resume` returned.
 * - 1: a call that C found well-formed; `callNumber`, `request` and `reply` belong to it.
 * - 2: the watchdog expired. It is disarmed.
 * - 3: the runtime faulted and cannot go on (boards whose processor reports its faults to the root of trust).
 */
export type Stop = 1 | 2 | 3;

/**
 * Prepares a verified runtime for its first `resume` and puts its protection in place. Once per reset.
 * @param payload Address of the image's payload, which is its header's address plus `hdr_size`.
 * @param payloadByteLength The payload's length as signed; code and archive of the runtime header must lie inside it.
 * @param handOver Up to 192 bytes for the runtime, which reads them with `handOver()` of `native:cpu`.
 * @throws RangeError when the address, the length or the runtime header is not one that this board can start; Error when called
 *   twice.
 */
export function startRuntime(payload: number, payloadByteLength: number, handOver: ArrayBuffer | Uint8Array): void;

/**
 * Collects garbage, so that each call finds the same memory, and runs the runtime until it stops. Calls whose pointers or lengths are wrong are answered before they reach TypeScript. A call
 * that was not replied to is answered with status 6, `internal`.
 * @throws Error before `startRuntime`.
 */
export function resume(): Stop;

/** Number of the call that stopped the runtime, 0 to 0x7fff. @throws Error when there is none. */
export function callNumber(): number;

/**
 * The request, copied out of the runtime's memory by this very call: up to 4096 bytes. What the runtime or its devices write there
 * later is not seen.
 * @throws Error when there is no call, or when it was taken already.
 */
export function request(): ArrayBuffer;

/**
 * Answers the call. The runtime sees it at the next `resume`.
 * @param status 0 to 255.
 * @param bytes Copied into the caller's reply buffer.
 * @returns false when they do not fit; then nothing is copied, and a status of 0 becomes 3, `reply-capacity`.
 * @throws Error when there is no call, or when it was answered already.
 */
export function reply(status: number, bytes: Uint8Array): boolean;

/**
 * The processor's code for the runtime's last fault, also of one that the runtime was given to report; 0 when it had none, or when
 * the board's processor does not tell the root of trust.
 */
export function faultCause(): number;
/** The address it could not reach. */
export function faultAddress(): number;
/** Where its program was. */
export function faultProgramCounter(): number;

/** The runtime stops with 2 that many milliseconds from now, whatever it masks. 0 ends the watch. @param milliseconds Up to 86,400,000. */
export function watchdogArm(milliseconds: number): void;

/** Collects garbage, as `resume` does: what comes next finds the same memory each time. */
export function collect(): void;
