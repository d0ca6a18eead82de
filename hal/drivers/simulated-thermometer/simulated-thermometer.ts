/** A temperature input for boards without one: follows the board's clock, so that tests know what it will say. */
import type { TemperatureSample, TemperatureSensor } from "../../interfaces/board.ts";
import type { MonotonicClock } from "../../interfaces/timer.ts";

/** Degrees Celsius at the turning points of the curve. */
const COLDEST = 18;
const WARMEST = 26;
/** Seconds from the coldest point to the warmest. */
const RISE_SECONDS = 64;

export interface SimulatedThermometerOptions {
  readonly clock: MonotonicClock;
}

/** Rises and falls between 18 and 26 degrees in steps of 1/16 degree, the resolution of a TMP102. */
export class SimulatedThermometer implements TemperatureSensor {
  #clock: MonotonicClock | undefined;

  constructor({ clock }: SimulatedThermometerOptions) {
    this.#clock = clock;
  }

  /** @throws Error after `close`. */
  sample(): TemperatureSample {
    const clock = this.#clock;
    if (clock === undefined) throw new Error("thermometer: expected an open sensor, found a closed one");
    const seconds = (clock.count() / clock.frequency) % (2 * RISE_SECONDS);
    const share = (seconds <= RISE_SECONDS ? seconds : 2 * RISE_SECONDS - seconds) / RISE_SECONDS;
    return { temperature: Math.round((COLDEST + share * (WARMEST - COLDEST)) * 16) / 16 };
  }

  /** Closing twice is fine. */
  close(): void {
    this.#clock = undefined;
  }
}
