/** A clock that tests move by hand. */

import type { OneShotClock } from "../../hal/interfaces/timer.ts";

/** Ticks are milliseconds unless `frequency` says otherwise. */
export class SimulatedClock implements OneShotClock {
  readonly frequency: number;
  /** Ticks now. */
  now = 0;
  /** Ticks that pass with each look at the clock, to let time-outs pass in polling loops. */
  step: number;
  armed: number | undefined;
  closed = false;
  /** Called with each look at the clock: what else happens while a driver polls. */
  onCount: () => void = () => {};

  constructor({ frequency = 1000, step = 0 }: { frequency?: number; step?: number } = {}) {
    this.frequency = frequency;
    this.step = step;
  }

  count(): number {
    this.now += this.step;
    this.onCount();
    return this.now;
  }

  arm(at: number): void {
    this.armed = at;
  }

  disarm(): void {
    this.armed = undefined;
  }

  close(): void {
    this.armed = undefined;
    this.closed = true;
  }
}
