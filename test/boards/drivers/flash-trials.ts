/** The storage flash: erase, write, read, the NOR rules, what they cost, and contents that outlive the emulator. */
import { instructions } from "native:cpu";
import { openDevice } from "../../../hal/boards/board-config.ts";
import { storageArray, storageGeometry } from "../../../hal/boards/storage-flash.ts";
import { CfiFlash, type CfiFlashOptions } from "../../../hal/drivers/cfi-flash/cfi-flash.ts";
import { FlashPartition } from "../../../hal/drivers/flash-partition/flash-partition.ts";
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import type { Flash } from "../../../hal/interfaces/flash.ts";
import type { MonotonicClock } from "../../../hal/interfaces/timer.ts";
import { pattern } from "./pattern.ts";
import { expectBetween, expectBytes, expectRefusal, expectSame, type Trials } from "./trial.ts";

export const BLOCK = 0x4_0000;
const BLOCKS = 4;
/** Write buffer of the bank: a buffered write must not cross a multiple of it. */
const BUFFER = 4096;
/** Blocks by use. */
const WORK = 0;
const COST = 1;
const KEPT = 3;
const KEPT_POSITION = KEPT * BLOCK + BUFFER - 8;
const KEPT_LENGTH = 100;
const KEPT_SEED = 77;
/** Guest instructions. */
const ERASE_LIMIT = 3_000_000;
const WRITE_LIMIT = 6_000_000;
const READ_LIMIT = 1_000_000;

/** The chips of the storage window, opened as the board does it but with other options. */
export function openChips(clock: MonotonicClock, options: Partial<CfiFlashOptions> = {}): CfiFlash {
  return new CfiFlash({
    registers: openDevice("flash-storage"),
    clock,
    size: BLOCKS * BLOCK,
    array: storageArray(),
    ...storageGeometry(),
    ...options,
  });
}

/** Opens the storage, and closes it whatever happens, so that one failure does not cause the next. */
function withStorage<T>(board: BoardDevices, use: (flash: Flash) => T): T {
  const flash = board.openFlash({ path: "storage" });
  try {
    return use(flash);
  } finally {
    flash.close();
  }
}

/** True when an earlier run of the emulator left its mark in the storage partition. */
export function isSecondBoot(board: BoardDevices): boolean {
  const mark = withStorage(board, (flash) => new Uint8Array(flash.read(1, KEPT_POSITION)));
  return mark[0] === pattern(1, KEPT_SEED)[0];
}

/** The tests of the first boot. */
export function flashTrials(board: BoardDevices): Trials {
  function opens(flash: Flash): undefined {
    const { size, blockLength, blocks, eraseValue, writeAlign } = flash.status();
    expectSame(size, BLOCKS * BLOCK, "size");
    expectSame(blockLength, BLOCK, "block length");
    expectSame(blocks, BLOCKS, "blocks");
    expectSame(eraseValue, 255, "erase value");
    expectSame(writeAlign, 4, "write alignment");
    expectRefusal("busy", "opening it twice", () => board.openFlash({ path: "storage" }));
    expectRefusal(RangeError, "an unknown path", () => board.openFlash({ path: "boot" }));
    flash.close();
    flash.close();
    expectRefusal("closed", "status after close", () => flash.status());
    return undefined;
  }

  function writesAndReadsBack(flash: Flash): undefined {
    flash.eraseBlock(WORK);
    const base = WORK * BLOCK;
    for (const [position, length] of [
      [0, 4],
      [8, 12],
      [BUFFER - 4, 8],
      [2 * BUFFER - 100, 2 * BUFFER + 200],
      [BLOCK - 16, 16],
    ] as const) {
      const bytes = pattern(length, position & 0xff);
      flash.write(position === 8 ? bytes.buffer : bytes, base + position);
      expectBytes(flash.read(length, base + position), bytes, `bytes at ${position}`);
    }
    expectBytes(flash.read(4, base + 4), Uint8Array.of(255, 255, 255, 255), "bytes between two writes");
    const bytes = pattern(2 * BUFFER + 200, (2 * BUFFER - 100) & 0xff);
    for (const [skip, length] of [
      [1, 1],
      [2, 7],
      [3, 4101],
      [101, 2 * BUFFER],
    ] as const)
      expectBytes(
        flash.read(length, base + 2 * BUFFER - 100 + skip),
        bytes.subarray(skip, skip + length),
        `${length} bytes at an odd position`,
      );
    const target = new Uint8Array(9);
    flash.read(target, base + 2 * BUFFER - 99);
    expectBytes(target, bytes.subarray(1, 10), "bytes read into an array");
    const view = new Uint8Array(12);
    flash.read(view.subarray(4, 8), base + 2 * BUFFER - 100);
    expectBytes(view.subarray(3, 9), Uint8Array.of(0, ...bytes.subarray(0, 4), 0), "bytes read into a view");
    return undefined;
  }

  function rangesAreChecked(flash: Flash): undefined {
    for (const length of [1, 2, 3, 5])
      expectRefusal(RangeError, `write of ${length} bytes`, () => flash.write(new Uint8Array(length), 0x8000));
    expectRefusal(RangeError, "write at an odd position", () => flash.write(new Uint8Array(4), 0x8002));
    expectRefusal(RangeError, "write past the end", () => flash.write(new Uint8Array(8), BLOCKS * BLOCK - 4));
    expectRefusal(RangeError, "read past the end", () => flash.read(2, BLOCKS * BLOCK - 1));
    expectRefusal(RangeError, "read before the start", () => flash.read(1, -1));
    expectRefusal(RangeError, "erase of a block that is not there", () => flash.eraseBlock(BLOCKS));
    expectRefusal(RangeError, "erase of an empty range", () => flash.eraseBlock(1, 1));
    expectBytes(flash.read(12, 0x8000), new Uint8Array(12).fill(255), "bytes after refused writes");
    return undefined;
  }

  function norRuleHolds(flash: Flash): undefined {
    flash.eraseBlock(WORK);
    flash.write(Uint8Array.of(0x0f, 0xff, 0xff, 0xff), 0x100);
    // The emulator's chips would set bits; real ones cannot.
    expectRefusal("not-erased", "bits from 0 to 1", () => flash.write(Uint8Array.of(0x1f, 0xff, 0xff, 0xff), 0x100));
    const long = new Uint8Array(BUFFER).fill(0x55);
    flash.write(Uint8Array.of(0, 0, 0, 0), 0x2000);
    expectRefusal("not-erased", "a long write over one programmed unit", () => flash.write(long, 0x2000 - 2048));
    expectBytes(flash.read(2048, 0x1800), new Uint8Array(2048).fill(255), "bytes after a refused write");
    expectBytes(flash.read(4, 0x100), Uint8Array.of(0x0f, 0xff, 0xff, 0xff), "unit after refused writes");
    return undefined;
  }

  function unitsAreTracked(): undefined {
    const chips = openChips(board.clock, { trackUnits: true });
    const flash = new FlashPartition({ flash: chips, firstBlock: COST, blocks: 1 });
    flash.eraseBlock(0);
    const bytes = Uint8Array.of(1, 2, 3, 4);
    flash.write(bytes, 0);
    expectRefusal("not-erased", "the same bits again", () => flash.write(bytes, 0));
    const erased = new Uint8Array(4).fill(255);
    flash.write(erased, 4);
    expectRefusal("not-erased", "a unit programmed with the erase value", () => flash.write(bytes, 4));
    flash.eraseBlock(0);
    flash.write(bytes, 4);
    expectBytes(flash.read(4, 4), bytes, "unit after the erase");
    expectRefusal(RangeError, "a block outside the partition", () => flash.eraseBlock(1));
    expectBytes(chips.read(4, COST * BLOCK + 4), bytes, "unit at its place in the bank");
    chips.close();
    const again = openChips(board.clock, { trackUnits: true });
    expectRefusal("not-erased", "a unit programmed before opening", () => again.write(bytes, COST * BLOCK + 4));
    again.close();
    return undefined;
  }

  function eraseStaysInside(flash: Flash): undefined {
    flash.eraseBlock(0, 3);
    const bytes = pattern(8, 5);
    flash.write(bytes, BLOCK - 8);
    flash.write(bytes, BLOCK);
    flash.write(bytes, 2 * BLOCK - 8);
    flash.write(bytes, 2 * BLOCK);
    flash.eraseBlock(1);
    expectBytes(flash.read(8, BLOCK - 8), bytes, "end of the block before");
    expectBytes(flash.read(8, BLOCK), new Uint8Array(8).fill(255), "start of the erased block");
    expectBytes(flash.read(8, 2 * BLOCK - 8), new Uint8Array(8).fill(255), "end of the erased block");
    expectBytes(flash.read(8, 2 * BLOCK), bytes, "start of the block after");
    return undefined;
  }

  function costsAreLow(flash: Flash): string {
    const bytes = pattern(BUFFER, 9);
    const erase = cost(() => flash.eraseBlock(COST));
    const write = cost(() => flash.write(bytes, COST * BLOCK));
    const read = cost(() => flash.read(16 * BUFFER, COST * BLOCK));
    expectBetween(erase, 1, ERASE_LIMIT, "instructions to erase and verify 256 KiB");
    expectBetween(write, 1, WRITE_LIMIT, "instructions to write and verify 4 KiB");
    expectBetween(read, 1, READ_LIMIT, "instructions to read 64 KiB");
    return `erase-256K=${erase} write-4K=${write} read-64K=${read}`;
  }

  function slowPathWorks(): string {
    const registers = openDevice("flash-storage");
    const chips = new CfiFlash({ registers, clock: board.clock, size: BLOCKS * BLOCK, ...storageGeometry() });
    const erase = cost(() => chips.eraseBlock(COST));
    const bytes = pattern(1000, 1);
    chips.write(bytes, COST * BLOCK + 8);
    expectBytes(chips.read(995, COST * BLOCK + 11), bytes.subarray(3, 998), "bytes through registers only");
    chips.close();
    return `erase-256K=${erase}`;
  }

  function leavesAMark(flash: Flash): undefined {
    flash.eraseBlock(KEPT);
    flash.write(pattern(KEPT_LENGTH, KEPT_SEED), KEPT_POSITION);
    return undefined;
  }

  return [
    ["flash-opens", () => withStorage(board, opens)],
    ["flash-writes-and-reads-back", () => withStorage(board, writesAndReadsBack)],
    ["flash-checks-ranges", () => withStorage(board, rangesAreChecked)],
    ["flash-keeps-the-nor-rule", () => withStorage(board, norRuleHolds)],
    ["flash-tracks-units", unitsAreTracked],
    ["flash-erases-one-block", () => withStorage(board, eraseStaysInside)],
    ["flash-costs", () => withStorage(board, costsAreLow)],
    ["flash-through-registers-only", slowPathWorks],
    ["flash-leaves-a-mark", () => withStorage(board, leavesAMark)],
  ];
}

/** The test of the second boot, in a new process of the emulator. */
export function keptFlashTrials(board: BoardDevices): Trials {
  function remembers(flash: Flash): undefined {
    expectBytes(flash.read(KEPT_LENGTH, KEPT_POSITION), pattern(KEPT_LENGTH, KEPT_SEED), "bytes of the first boot");
    expectBytes(flash.read(4, KEPT_POSITION - 4), new Uint8Array(4).fill(255), "bytes before them");
    expectBytes(flash.read(4, KEPT_POSITION + KEPT_LENGTH), new Uint8Array(4).fill(255), "bytes after them");
    return undefined;
  }
  return [["flash-remembers", () => withStorage(board, remembers)]];
}

function cost(action: () => unknown): number {
  const start = instructions();
  action();
  return instructions() - start;
}
