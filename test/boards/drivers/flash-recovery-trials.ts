/** A reset in the middle of a flash command: the chips keep their state, opening the driver again recovers them. */
import { sha256Region } from "native:crypto";
import { isErased, read } from "native:memory";
import { openDevice, partitionConfig } from "../../../hal/boards/board-config.ts";
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import type { Registers } from "../../../hal/interfaces/registers.ts";
import { BLOCK, openChips } from "./flash-trials.ts";
import { pattern } from "./pattern.ts";
import { expectBytes, expectSame, type Trials } from "./trial.ts";

const POSITION = 2 * BLOCK;
const BEFORE = 64;
const STATUS_READY = 0x0080_0080;
const QUERY_SIGNATURE = 0x0051_0051;
const QUERY_OFFSET = 0x40;
/** The emulator's chips erase when the erase is announced; real ones wait for the confirmation. */
const ANNOUNCED_ERASE = "erase-announced";

/** What the driver had written when the reset came: `[offset from the block's start, word]`. */
type Writes = readonly (readonly [offset: number, word: number])[];

const SCENARIOS: readonly (readonly [name: string, writes: Writes])[] = Object.freeze([
  ["status", [[0, 0x0070_0070]]],
  ["query", [[0, 0x0098_0098]]],
  [ANNOUNCED_ERASE, [[0, 0x0020_0020]]],
  ["word-announced", [[BEFORE, 0x0040_0040]]],
  ["buffer-announced", [[0, 0x00e8_00e8]]],
  [
    "buffer-counted",
    [
      [0x1000, 0x00e8_00e8],
      [0x1000, 0x03ff_03ff],
    ],
  ],
  [
    "buffer-half-loaded",
    [
      [0x1000, 0x00e8_00e8],
      [0x1000, 0x0003_0003],
      [0x1000, 0],
      [0x1004, 0],
    ],
  ],
  [
    "buffer-not-confirmed",
    [
      [0x1000, 0x00e8_00e8],
      [0x1000, 0x0001_0001],
      [0x1000, 0],
      [0x1004, 0],
    ],
  ],
]);

/** The tests. */
export function flashRecoveryTrials({ clock }: BoardDevices): Trials {
  const { base } = partitionConfig("storage");
  const address = base + POSITION;

  function recovers(name: string, writes: Writes): undefined {
    const before = pattern(BEFORE, 3);
    const first = openChips(clock);
    first.eraseBlock(POSITION / BLOCK);
    first.write(before, POSITION);
    first.close();
    const digest = new Uint8Array(sha256Region(address, BLOCK));
    const start = new Uint8Array(read(base, BEFORE));
    const registers = openDevice("flash-storage");
    for (const [offset, word] of writes) registers.write32(POSITION + offset, word);
    expectInCommand(registers, name);
    const chips = openChips(clock);
    expectSame(chips.inCommand, false, "command mode after opening");
    expectBytes(read(base, BEFORE), start, "bytes where recovery writes its commands");
    if (name === ANNOUNCED_ERASE) expectSame(isErased(address, BLOCK), true, "block erased");
    else {
      expectBytes(read(address, BEFORE), before, "bytes read by address");
      expectBytes(sha256Region(address, BLOCK), digest, "digest of the block");
    }
    const after = pattern(5000, 4);
    chips.write(after, POSITION + 0x1000);
    expectBytes(chips.read(5000, POSITION + 0x1000), after, "bytes written after recovery");
    chips.eraseBlock(POSITION / BLOCK);
    expectSame(isErased(address, BLOCK), true, "block erased after recovery");
    chips.close();
    return undefined;
  }

  return SCENARIOS.map(([name, writes]) => [`flash-recovers-from-${name}`, () => recovers(name, writes)] as const);
}

/** The scenario is none when the bank still shows its array. */
function expectInCommand(registers: Registers, name: string): void {
  const word = registers.read32(POSITION);
  // Where the window is not the bank's start, query mode shows zeros.
  const shown = registers.read32(QUERY_OFFSET);
  if (name === "query") expectSame(shown === QUERY_SIGNATURE || shown === 0, true, "query mode");
  else expectSame(word & STATUS_READY, STATUS_READY, `status in scenario ${name}`);
}
