/** What the benchmark program needs of C: machines to create and delete, and calls that cost nothing themselves. */

/** Does nothing and returns undefined: what remains is the price of the call. */
export function nothing(value: number): void;

/** A place where the host's probe stops the board. Does nothing by itself. */
export function mark(): void;

/**
 * Creates a second machine from the image's frozen root.
 * @param smallest true for the smallest pools that a machine starts with, false for those of the image's own machine.
 * @returns instructions that it took
 * @throws Error when one exists already, or memory does not do
 */
export function createMachine(smallest: boolean): number;

/** Bytes that the second machine has taken from its arena, block headers included. @throws Error when there is none. */
export function machineRam(): number;

/**
 * Deletes the second machine.
 * @returns instructions that it took
 * @throws Error when there is none, or when it left memory behind
 */
export function deleteMachine(): number;
