/** NOR flash in the shape of ECMA-419 "persistent storage: flash" (`embedded:storage/flash`). */

/** Geometry, as ECMA-419 `status()` returns it. All numbers are bytes except `blocks`. */
export interface FlashStatus {
  /** Length of the window that this instance covers: `blockLength * blocks`. */
  readonly size: number;
  /** Length of the unit that `eraseBlock` erases. */
  readonly blockLength: number;
  readonly blocks: number;
  /** What every byte reads as after an erase; 255 for NOR. */
  readonly eraseValue: number;
  /** `write` needs a position and a length that are multiples of this, and programs each such unit once per erase. */
  readonly writeAlign: number;
}

/** What opening a partition by name takes. Unknown members are ignored. */
export interface FlashOpenOptions {
  /** Name of the partition in the board file; "storage" is the one that programs may use. */
  readonly path: string;
}

/**
 * An open flash device, or a partition of one.
 *
 * NOR rules. Erasing sets a whole block to `eraseValue`. Programming only clears bits: a write where `(old & new) !== new` is
 * refused before any byte changes. A unit of `writeAlign` bytes may be programmed once per erase; chips with error correction corrupt
 * the unit otherwise. Writing the erase value into an erased unit counts as programming it.
 *
 * Power may fail at any moment. An interrupted erase leaves a block of unknown contents, an interrupted write a prefix of the
 * data; the caller's format must detect both. Opening the device again after a reset always finds it readable.
 *
 * Safety of code that runs in place: between the first command of an erase or write and its end, **no byte of the same bank can be
 * fetched or read** - the chip answers with status words. So the calling code, the engine, its constants, exception vectors and any
 * other bus master must live in RAM or in another bank. `inCommand` is true in that time, for fault reports and asserts.
 */
export interface Flash {
  /** True while the bank may not be in read-array mode. Readable at any time, also after `close()`. */
  readonly inCommand: boolean;
  /** A new object each time. */
  status(): FlashStatus;
  /**
   * Erases block `first`, or blocks `first` up to but not including `end`. Each block is read back.
   * RangeError for a block outside the device. On an error earlier blocks stay erased and the failing one is of unknown contents.
   */
  eraseBlock(first: number, end?: number): void;
  /**
   * Reads `count` bytes at `position` into a new ArrayBuffer, or fills a Uint8Array and returns its buffer. Any alignment.
   * RangeError when the range leaves the device.
   */
  read(target: number | Uint8Array, position: number): ArrayBuffer;
  /**
   * Programs bytes at `position` and reads them back. Position and length are multiples of `writeAlign`.
   * RangeError for a bad range; an error with code "not-erased" when the NOR rule forbids it, in which case nothing was changed;
   * other codes when the chip reports a failure, after which the range is of unknown contents.
   */
  write(data: ArrayBuffer | Uint8Array, position: number): void;
  /** Leaves the bank in read-array mode. Closing twice is fine; any later call throws. */
  close(): void;
}
