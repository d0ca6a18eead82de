/** The root of trust's random source as the runtime opens it, once at a time. */

import { closedError } from "../drivers/driver-error.ts";
import type { BoardOptions } from "../interfaces/board.ts";
import type { RandomSource } from "../interfaces/random.ts";
import { Reservation } from "./reservation.ts";

type FillRandom = BoardOptions["fillRandom"];

/** Opens it. */
export class RootRandom {
  readonly #fillRandom: FillRandom;
  readonly #reservation = new Reservation("RootRandom");

  constructor(fillRandom: FillRandom) {
    this.#fillRandom = fillRandom;
  }

  /** See `BoardDevices.openRandom`. */
  open(): RandomSource {
    return new OpenRandom(this.#fillRandom, this.#reservation.take());
  }
}

class OpenRandom implements RandomSource {
  readonly #fillRandom: FillRandom;
  readonly #release: () => void;
  #closed = false;

  constructor(fillRandom: FillRandom, release: () => void) {
    this.#fillRandom = fillRandom;
    this.#release = release;
  }

  fill(destination: Uint8Array): void {
    if (this.#closed) throw closedError("RootRandom");
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError(`RootRandom: expected a Uint8Array, found ${typeof destination}`);
    }
    try {
      this.#fillRandom(destination);
    } catch (error) {
      destination.fill(0);
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }
}
