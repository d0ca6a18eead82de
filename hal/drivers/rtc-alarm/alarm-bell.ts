/** The alarm of a real-time clock: rings once, from an interrupt or from a promise job when the time has passed already. */

import type { InterruptLine } from "../../interfaces/interrupts.ts";
import { checkCallback, checkInterruptLine } from "../check-options.ts";
import { closedError, DriverError } from "../driver-error.ts";

/** Alarm state and life cycle, shared by the RTC drivers. */
export class AlarmBell {
  readonly #where: string;
  readonly #interrupt: InterruptLine | undefined;
  readonly #ring: (() => void) | undefined;
  readonly #silence: () => void;
  #alarm: number | undefined;
  /** Counts settings, so that a ring that was on its way when the alarm changed is dropped. */
  #generation = 0;
  #closed = false;

  /** `silence` makes the hardware stop asking for this alarm. Nothing is touched before `open()`. */
  constructor(
    where: string,
    interrupt: InterruptLine | undefined,
    ring: (() => void) | undefined,
    silence: () => void,
  ) {
    checkCallback(ring, `${where}: onAlarm`);
    if (interrupt !== undefined) checkInterruptLine(interrupt, where);
    else if (ring !== undefined) throw new TypeError(`${where}: expected an interrupt line for onAlarm, found none`);
    this.#where = where;
    this.#interrupt = interrupt;
    this.#ring = ring;
    this.#silence = silence;
  }

  /** The pending alarm in milliseconds since 1970. */
  get alarm(): number | undefined {
    return this.#alarm;
  }

  /** Silences what an earlier run left, then listens. */
  open(): void {
    this.#silence();
    this.#interrupt?.attach(() => {
      this.#silence();
      this.#ringNow();
    });
  }

  checkOpen(): void {
    if (this.#closed) throw closedError(this.#where);
  }

  /** Replaces the alarm; the caller programs the hardware afterwards. */
  set(alarm: number | undefined): void {
    if (alarm !== undefined && this.#ring === undefined) {
      throw new DriverError("unsupported", `${this.#where}: expected onAlarm to be given for an alarm, found none`);
    }
    this.#silence();
    this.#generation += 1;
    this.#alarm = alarm;
  }

  /** Rings from a promise job, for an alarm that has passed: callbacks must not run inside the caller's call. */
  ringSoon(): void {
    this.#silence();
    const generation = this.#generation;
    Promise.resolve().then(() => {
      if (generation === this.#generation) this.#ringNow();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#alarm = undefined;
    this.#silence();
    this.#interrupt?.detach();
  }

  #ringNow(): void {
    if (this.#closed || this.#alarm === undefined) return;
    this.#alarm = undefined;
    this.#generation += 1;
    this.#ring?.();
  }
}
