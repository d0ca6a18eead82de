/** The root of trust's random source as the runtime opens it, once at a time. */

import { closedError, DriverError } from "../drivers/driver-error.ts";
import type { BoardOptions } from "../interfaces/board.ts";
import type { RandomSource } from "../interfaces/random.ts";
import { Reservation } from "./reservation.ts";

type TakeRandom = BoardOptions["takeRandom"];

/** Most bytes that one call gives. */
const CALL_LIMIT = 256;

/** Opens it. */
export class RootRandom {
  readonly #takeRandom: TakeRandom;
  readonly #reservation = new Reservation("RootRandom");

  constructor(takeRandom: TakeRandom) {
    this.#takeRandom = takeRandom;
  }

  /** See `BoardDevices.openRandom`. */
  open(): RandomSource {
    return new OpenRandom(this.#takeRandom, this.#reservation.take());
  }
}

class OpenRandom implements RandomSource {
  readonly #takeRandom: TakeRandom;
  readonly #release: () => void;
  #closed = false;

  constructor(takeRandom: TakeRandom, release: () => void) {
    this.#takeRandom = takeRandom;
    this.#release = release;
  }

  fill(destination: Uint8Array): void {
    if (this.#closed) throw closedError("RootRandom");
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError(`RootRandom: expected a Uint8Array, found ${typeof destination}`);
    }
    try {
      for (let filled = 0; filled < destination.length; ) filled += this.#fillFrom(destination, filled);
    } catch (error) {
      destination.fill(0);
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  #fillFrom(destination: Uint8Array, start: number): number {
    const wanted = Math.min(CALL_LIMIT, destination.length - start);
    const bytes = this.#takeRandom(wanted);
    if (bytes.length !== wanted) {
      throw new DriverError("device", `RootRandom: expected ${wanted} random bytes, found ${bytes.length}`);
    }
    destination.set(bytes, start);
    bytes.fill(0);
    return wanted;
  }
}
