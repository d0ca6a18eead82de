/** The processor: counting, sleeping, the hardware timer, power, and the hand-over from stage to stage. */

/**
 * Instructions executed since reset by this stage and those before it, time asleep excluded; in the root of trust, time in the
 * runtime excluded too. Exact only in an emulator that counts (`-icount shift=0`); elsewhere a fast clock of no fixed rate.
 */
export function instructions(): number;

/**
 * Takes back what was counted since `instructions()` returned `since`: time spent waiting for a device, which takes as long as the
 * host likes, is not counted, as sleep is not.
 * @throws RangeError for a count that is yet to come.
 */
export function uncount(since: number): void;

/** Sleeps until an interrupt is pending. Interrupts stay masked: nothing is called. */
export function waitForInterrupt(): void;

/** Ticks per second of the hardware timer. */
export function timerFrequency(): number;
/** Ticks since reset, an integer. */
export function timerCount(): number;
/**
 * Makes wait-for-interrupt end when the timer reaches `at` ticks. On virt-a7 the GIC must also let the timer's
 * interrupt through. In the root of trust of virt-a7 this timer is the watchdog's: use `native:monitor`.
 */
export function timerArm(at: number): void;
/** Withdraws that wake-up. Twice is fine. */
export function timerDisarm(): void;

/** Sets what `Date.now()` answers from now on: milliseconds since 1970. Before, it counts from reset. */
export function setWallClock(milliseconds: number): void;

/** Resets the board; the runtime asks the root of trust for it. */
export function reset(): never;
/** Powers the board off, as `reset`. `code` (0 to 255) reaches the host on virt-rv32 only. */
export function powerOff(code: number): never;

/**
 * ROM only: erases its RAM and jumps to a verified root of trust.
 * @param payload Address of the image's payload, which is its header's address plus `hdr_size`.
 * @param payloadByteLength The payload's length as signed: that of the verified MCUboot header. Code and archive of the image
 *   header must lie inside it, so that nothing runs that was not verified.
 * @param handOver Up to 2000 bytes for the root of trust, which reads them with `takeHandOver()`.
 * @throws RangeError when the address, the length or the image header is not one that this board can start.
 */
export function launch(payload: number, payloadByteLength: number, handOver: ArrayBuffer | Uint8Array): never;

/**
 * Root of trust only: the bytes that the ROM passed to `launch`, secrets among them, and erases the block. Undefined when there is
 * no block, also at the second call.
 */
export function takeHandOver(): ArrayBuffer | undefined;

/** Runtime only: the bytes that the root of trust passed to `startRuntime`. */
export function handOver(): ArrayBuffer | undefined;
