/** Keeps a hostile caller from wearing flash out: what is worn already is changed only after a wait. Design note 0015. */
import { CallRefusal } from "./call-refusal.ts";

/** From so many changes on, a wait is due before the next one. */
export interface WearStep {
  readonly changes: number;
  /** Milliseconds since the last change of this boot, or since the reset. */
  readonly wait: number;
}

/**
 * NOR flash is good for 100,000 erases of a block. A device that is updated every day for ten years needs 3,650, so an owner meets
 * no wait; a hostile runtime, which erases without end, spends a tenth of the life in hours and the rest in six years.
 */
export const ERASE_STEPS: readonly WearStep[] = Object.freeze([
  { changes: 50_000, wait: 3_600_000 },
  { changes: 10_000, wait: 600_000 },
]);

/** Watches one kind of change. How worn the flash is it asks of the flash, so a reset wins nothing: the wait begins again. */
export class WearGuard {
  readonly #steps: readonly WearStep[];
  readonly #uptime: () => number;
  #last = 0;

  /** @param steps the highest first */
  constructor(steps: readonly WearStep[], uptime: () => number) {
    this.#steps = steps;
    this.#uptime = uptime;
  }

  /**
   * Grants a change.
   * @param changes how many there have been in the life of the flash
   * @throws CallRefusal `wear-limit` with the seconds that are left to wait
   */
  pass(changes: number): void {
    const now = this.#uptime();
    const step = this.#steps.find((candidate) => changes >= candidate.changes);
    const left = step === undefined ? 0 : this.#last + step.wait - now;
    if (left > 0) throw new CallRefusal("wear-limit", `${Math.ceil(left / 1000)}`);
    this.#last = now;
  }
}
