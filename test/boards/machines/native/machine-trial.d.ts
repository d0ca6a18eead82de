/** Runs child machines beside the calling one, from the same frozen root and archive, in memory of their own. */

/**
 * Creates a machine in `memoryByteLength` bytes, imports `module` from the archive, calls its default export, runs promise
 * jobs, and deletes the machine.
 * @param meterLimit Operations that one run may use; 0 means no limit.
 * @returns -1 when it ran, else XS's exit code for what ended it.
 */
export function trial(module: string, memoryByteLength: number, meterLimit: number): number;

/** The most that `memoryByteLength` may be on this board. */
export function memoryLimit(): number;

/** Slots of JavaScript stack for the machines of later trials; 0 goes back to the manifest's. */
export function setStackCount(slots: number): void;

/** The same `count` times. @returns the number of rounds that ended otherwise than the first or left a byte behind. */
export function rounds(count: number, module: string, memoryByteLength: number, meterLimit: number): number;

/** Bytes that the last trial's machine had not given back when it was deleted. */
export function leftBytes(): number;
/** The most that the last trial took from its memory. */
export function peakBytes(): number;
/** Bytes that an idle machine takes when its pools start as small as they can. */
export function smallestBytes(): number;
/** What the last trial's uncaught exception said. */
export function failureText(): string;

/**
 * Marshals the value of `source`'s default export into a second machine and calls the default export of `target` with it.
 * @param alien True for the form that machines of different roots share.
 * @returns -1 or the exit code of the machine that ended first.
 */
export function marshal(source: string, target: string, memoryByteLength: number, alien: boolean): number;
