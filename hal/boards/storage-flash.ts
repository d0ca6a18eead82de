/** Opens the storage partition of the board's NOR flash, once at a time. */

import { equals, isErased, read } from "native:memory";
import { CfiFlash, type FlashArray } from "../drivers/cfi-flash/cfi-flash.ts";
import { FlashPartition, type FlashPartitionOptions } from "../drivers/flash-partition/flash-partition.ts";
import type { Flash, FlashOpenOptions } from "../interfaces/flash.ts";
import type { Registers } from "../interfaces/registers.ts";
import type { MonotonicClock } from "../interfaces/timer.ts";
import { deviceConfig, openDevice, partitionConfig } from "./board-config.ts";
import { Reservation } from "./reservation.ts";

const DEVICE = "flash-storage";
const PARTITION = "storage";

/** Options of `new StorageFlash(options)`. */
export interface StorageFlashOptions {
  readonly clock: MonotonicClock;
  /** Opens the window of the bank's start, on boards where the storage window is not there. */
  readonly openQuery?: () => Registers;
}

/** The flash that programs may write. */
export class StorageFlash {
  readonly #options: StorageFlashOptions;
  readonly #reservation = new Reservation("StorageFlash");

  constructor(options: StorageFlashOptions) {
    this.#options = options;
  }

  /** See `BoardDevices.openFlash`. */
  open({ path }: FlashOpenOptions): Flash {
    if (path !== PARTITION) {
      throw new RangeError(`StorageFlash: expected path "${PARTITION}", found ${String(path)}`);
    }
    const release = this.#reservation.take();
    try {
      return this.#openPartition(release);
    } catch (error) {
      release();
      throw error;
    }
  }

  #openPartition(release: () => void): Flash {
    const { clock, openQuery } = this.#options;
    const window = deviceConfig(DEVICE);
    const partition = partitionConfig(PARTITION);
    const flash = new CfiFlash({
      registers: openDevice(DEVICE),
      clock,
      size: window.byteLength,
      array: storageArray(),
      ...(openQuery === undefined ? {} : { query: openQuery() }),
    });
    const { blockLength } = flash.status();
    return new StoragePartition(
      {
        flash,
        firstBlock: (partition.base - window.base) / blockLength,
        blocks: partition.byteLength / blockLength,
      },
      () => {
        flash.close();
        release();
      },
    );
  }
}

/** The array behind the storage window, read by C at memory speed. */
export function storageArray(): FlashArray {
  const { base } = deviceConfig(DEVICE);
  return {
    read: (position, byteLength) => read(base + position, byteLength),
    isErased: (position, byteLength) => isErased(base + position, byteLength),
    equals: (position, bytes) => equals(base + position, bytes),
  };
}

/** Here nobody else holds the chips, so closing the partition closes them. */
class StoragePartition extends FlashPartition {
  readonly #onClose: () => void;

  constructor(options: FlashPartitionOptions, onClose: () => void) {
    super(options);
    this.#onClose = onClose;
  }

  override close(): void {
    super.close();
    this.#onClose();
  }
}
