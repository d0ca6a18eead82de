/** The C main loop's call into TypeScript. */

/**
 * Registers what the main loop calls after promise jobs, for ever. It returns true when it did anything; false, with no
 * promise job pending, lets the processor sleep until the next interrupt.
 * @throws TypeError when `turn` is no function; Error when one is registered already.
 */
export function onTurn(turn: () => boolean): void;

/** Ends the main loop after the present turn. */
export function stop(): void;
