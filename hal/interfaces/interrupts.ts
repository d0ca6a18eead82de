/** Interrupts without service routines: controllers are polled after each wait for interrupt. */

/**
 * Level: the device holds the line until its handler quiets it. Edge: the controller remembers a change, and the handler must take
 * everything there is, since nothing will ask again.
 */
export type InterruptTrigger = "level" | "edge";

/** Called from `dispatch()` with the processor's interrupts masked. It must quiet a level-triggered device before it returns. */
export type InterruptHandler = () => void;

/**
 * The right to one interrupt source; what a driver is given instead of the whole controller.
 * Not attached, a source stays disabled and its device waits unheard.
 */
export interface InterruptLine {
  /** Sets the handler and enables the source. An error when the source has one already. */
  attach(handler: InterruptHandler): void;
  /** Lets the source through again after `disable()`. An error when nothing is attached. */
  enable(): void;
  /** Holds the source back; the hardware keeps it pending. */
  disable(): void;
  /** Disables the source and forgets the handler. Doing so twice is fine. */
  detach(): void;
}

/** A driver of an interrupt controller (GICv2, PLIC). */
export interface InterruptController {
  /** Sources are numbers in the controller's own numbering: INTID for the GIC, source 1 up for the PLIC. RangeError for others. */
  attach(source: number, handler: InterruptHandler, trigger?: InterruptTrigger): void;
  /** Disables `source` and forgets its handler. Fine when there is none, and after `close()`. */
  detach(source: number): void;
  enable(source: number): void;
  disable(source: number): void;
  /** Makes the right to one source, to hand to a driver. The default trigger is "level". */
  line(source: number, trigger?: InterruptTrigger): InterruptLine;
  /**
   * Acknowledges, handles and completes pending sources until none is left or `limit` (of the constructor) were handled, so that a
   * stuck device cannot starve timers. True when it handled any. A source without a handler is disabled and counted as spurious.
   * A handler that throws is completed in hardware first; then the error goes on to the caller. Not re-entrant.
   */
  dispatch(): boolean;
  /** Pending interrupts that had no handler, since opening. */
  readonly spurious: number;
  /** Disables every source. Closing twice is fine; any later call throws. */
  close(): void;
}
