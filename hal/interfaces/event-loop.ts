/** The contract between the C main loop and the TypeScript side of the event loop. */

/**
 * What the C main loop calls. It does, for ever:
 *
 * 1. run promise jobs until none is left;
 * 2. call `turn()`;
 * 3. when `turn()` returned false and no promise job is pending, wait for interrupt.
 *
 * The processor's interrupts stay masked throughout, and `wfi` returns on a pending masked one, so an interrupt that arrives between
 * steps 2 and 3 ends the wait at once: there is no lost wake-up. Nothing else may call `turn()`.
 */
export interface EventLoop {
  /**
   * Handles pending interrupts, then timers that are due. True when it called anything, which asks for another turn before waiting.
   * An error thrown by a callback comes out of here after the hardware was left consistent; the loop may be entered again.
   */
  turn(): boolean;
}
