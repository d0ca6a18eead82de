/** Monotonic time and timers: the hardware clock below, the `Timer` service above. */

/**
 * A free-running counter since reset. It never steps back and is not wall time. The unit is the tick: 1 / `frequency` second
 * (16 ns on virt-a7, 100 ns on virt-rv32). Counts are integers held in doubles: exact below 2^53 ticks, which is 4.5 years at 62.5 MHz.
 */
export interface MonotonicClock {
  /** Ticks per second, a positive integer that does not change. */
  readonly frequency: number;
  /** Ticks now. */
  count(): number;
}

/** A monotonic clock with one comparator that ends a wait for interrupt. It calls nobody: whoever armed it looks at `count()`. */
export interface OneShotClock extends MonotonicClock {
  /**
   * Makes the processor leave wait-for-interrupt when `count()` reaches `at`, an absolute tick count; at once when that is past.
   * Replaces the earlier arming. RangeError unless `at` is an integer from 0 to 2^53 - 1.
   */
  arm(at: number): void;
  /** Withdraws the wake-up and its pending interrupt, if any. */
  disarm(): void;
  /** Disarms for good. Closing twice is fine; later `arm` and `count` throw. */
  close(): void;
}

/** A scheduled callback. Only its holder can clear it. */
export interface TimerHandle {
  /** False once the callback will not run (again). */
  readonly active: boolean;
}

/**
 * Runs callbacks later. They run one after another from the event loop, never inside a call to the timer, in order of due time and
 * then of scheduling; late rather than early. A callback that throws ends the turn; the others run in the next.
 */
export interface Timer {
  /** Calls `callback` once, `milliseconds` (0 to 2^31 - 1) from now. RangeError for another delay, TypeError for no function. */
  schedule(callback: () => void, milliseconds: number): TimerHandle;
  /** Calls `callback` every `milliseconds` (1 to 2^31 - 1) without drift; periods missed because of a long turn are skipped. */
  repeat(callback: () => void, milliseconds: number): TimerHandle;
  /** Stops a timer of this service. Clearing twice, or after it ran, does nothing. TypeError for a foreign handle. */
  clear(handle: TimerHandle): void;
}
