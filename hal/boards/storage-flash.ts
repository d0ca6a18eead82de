/** Opens the storage partition of the board's NOR flash, once at a time. */

import { equals, isErased, read } from "native:memory";
import { CfiFlash, type FlashArray } from "../drivers/cfi-flash/cfi-flash.ts";
import type { CfiGeometry } from "../drivers/cfi-flash/cfi-query.ts";
import { FlashPartition, type FlashPartitionOptions } from "../drivers/flash-partition/flash-partition.ts";
import type { Flash, FlashOpenOptions } from "../interfaces/flash.ts";
import type { MonotonicClock } from "../interfaces/timer.ts";
import { deviceConfig, openDevice, partitionConfig } from "./board-config.ts";
import { Reservation } from "./reservation.ts";

const DEVICE = "flash-storage";
const PARTITION = "storage";

/** A bank begins at a multiple of this, and shows its query table only there. */
const BANK_ALIGNMENT = 0x200_0000;
/** What the boards' chips say of themselves: two write buffers of 2 KiB, and how long the two operations take at most, in milliseconds. */
const CHIPS = Object.freeze({ bufferLength: 4096, programLimit: 16, eraseLimit: 16_384 });

/** The flash that programs may write. */
export class StorageFlash {
  readonly #clock: MonotonicClock;
  readonly #reservation = new Reservation("StorageFlash");

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
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
    const window = deviceConfig(DEVICE);
    const partition = partitionConfig(PARTITION);
    const flash = new CfiFlash({
      registers: openDevice(DEVICE),
      clock: this.#clock,
      size: window.byteLength,
      array: storageArray(),
      ...storageGeometry(),
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

/** The option `geometry` for chips whose query table lies outside the storage window; no option where it lies inside. */
export function storageGeometry(): { readonly geometry?: CfiGeometry } {
  const { base, byteLength } = deviceConfig(DEVICE);
  if (base % BANK_ALIGNMENT === 0) return {};
  return { geometry: { ...CHIPS, size: byteLength, blockLength: partitionConfig(PARTITION).blockByteLength } };
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
