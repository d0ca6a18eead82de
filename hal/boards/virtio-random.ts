/** Opens the entropy device in the board's first virtio slot, once at a time. */

import { VirtioRng, type VirtioRngOptions } from "../drivers/virtio-rng/virtio-rng.ts";
import type { RandomSource } from "../interfaces/random.ts";
import type { DmaMemory } from "../interfaces/registers.ts";
import type { MonotonicClock } from "../interfaces/timer.ts";
import { allocateShared, openDevice } from "./board-config.ts";
import { Reservation } from "./reservation.ts";

const DEVICE = "virtio0";
/** The queue and one request: more than the driver needs, less than the page that allocation takes anyway. */
const MEMORY_LENGTH = 1024;

/** The board's random source. Its queue memory, which is never given back, is allocated once. */
export class VirtioRandom {
  readonly #clock: MonotonicClock;
  readonly #reservation = new Reservation("VirtioRandom");
  #memory: DmaMemory | undefined;

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** See `BoardDevices.openRandom`. */
  open(): RandomSource {
    const release = this.#reservation.take();
    try {
      this.#memory ??= allocateShared(MEMORY_LENGTH);
      return new BoardRandom({ registers: openDevice(DEVICE), memory: this.#memory, clock: this.#clock }, release);
    } catch (error) {
      release();
      throw error;
    }
  }
}

class BoardRandom extends VirtioRng {
  readonly #release: () => void;

  constructor(options: VirtioRngOptions, release: () => void) {
    super(options);
    this.#release = release;
  }

  override close(): void {
    super.close();
    this.#release();
  }
}
