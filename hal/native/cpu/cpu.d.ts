/** The processor: counting, sleeping, the hardware timer, power, and the hand-over from boot stage to runtime. */

/**
 * Instructions executed since reset, the boot stage's included, time asleep excluded. Exact only in an emulator that counts
 * (`-icount shift=0`); elsewhere a fast clock of no fixed rate.
 */
export function instructions(): number;

/** Sleeps until an interrupt is pending. Interrupts stay masked: nothing is called. */
export function waitForInterrupt(): void;

/** Ticks per second of the hardware timer. */
export function timerFrequency(): number;
/** Ticks since reset, an integer. */
export function timerCount(): number;
/** Makes wait-for-interrupt end when the timer reaches `at` ticks. On virt-a7 the GIC must also let interrupt 29 through. */
export function timerArm(at: number): void;
/** Withdraws that wake-up. Twice is fine. */
export function timerDisarm(): void;

/** Sets what `Date.now()` answers from now on: milliseconds since 1970. Before, it counts from reset. */
export function setWallClock(milliseconds: number): void;

/** Resets the board. */
export function reset(): never;
/** Powers the board off. `code` (0 to 255) reaches the host on virt-rv32 only. */
export function powerOff(code: number): never;

/**
 * Boot stage only: locks memory protection and jumps to a verified runtime.
 * @param payload Address of the image's payload, which is its header's address plus `hdr_size`.
 * @param payloadByteLength The payload's length as signed: that of the verified MCUboot header. Code and archive of the runtime
 *   header must lie inside it, so that nothing runs that was not verified.
 * @param handOver Up to 192 bytes for the runtime, which reads them with `handOver()`.
 * @throws RangeError when the address, the length or the runtime header is not one that this board can start.
 */
export function launch(payload: number, payloadByteLength: number, handOver: ArrayBuffer | Uint8Array): never;

/** Runtime only: the bytes that the boot stage passed to `launch`; undefined in the boot stage. */
export function handOver(): ArrayBuffer | undefined;
