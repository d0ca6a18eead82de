/** `native:flash` in a stage that may use it: what it writes, and everything that it refuses. */
import { write } from "native:console";
import { instructions } from "native:cpu";
import { erase, program } from "native:flash";
import { isErased, read } from "native:memory";
import config from "mc/config";
import { BootFlash } from "../../../bootloader/flash/boot-flash.ts";
import { tryErase, tryWrite } from "../../../bootloader/marks/flash-access.ts";
import type { PartitionConfig } from "../../../hal/boards/config.d.ts";
import { expectBetween, expectBytes, expectRefusal, expectSame } from "../drivers/trial.ts";

const BUFFER = 4096;
/** Guest instructions. */
const ERASE_LIMIT = 2_000_000;
const PROGRAM_LIMIT = 200_000;

/** What differs between the stages. */
export interface FlashStage {
  /** A partition of two sectors that this stage may write. */
  readonly writable: string;
  /** Ranges of other partitions, or of none, that it must not write. */
  readonly forbidden: readonly (readonly [what: string, address: number])[];
}

function pattern(byteLength: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  for (let index = 0; index < byteLength; index++) bytes[index] = (index * 7 + seed) & 0xff;
  return bytes;
}

function partition(name: string): PartitionConfig {
  const partitions: Readonly<Record<string, PartitionConfig>> = config.board.partitions;
  const found = partitions[name];
  if (found === undefined) throw new RangeError(`board.json: expected a partition ${name}, found none`);
  return found;
}

/** Runs all of them. */
export function runFlashTrials(prefix: string, { writable, forbidden }: FlashStage): void {
  const bounds = partition(writable);
  const { base, byteLength, blockByteLength } = bounds;

  const trials: readonly (readonly [name: string, trial: () => unknown])[] = [
    [
      "erases-one-sector",
      () => {
        expectSame(erase(base), true, "erase");
        expectSame(erase(base + blockByteLength), true, "erase of the next");
        expectSame(program(base + blockByteLength - 4, pattern(8, 1)), true, "program over the sectors' border");
        const start = instructions();
        expectSame(erase(base + 12345), true, "erase by an address in the middle");
        const cost = instructions() - start;
        expectSame(isErased(base, blockByteLength), true, "the sector erased");
        expectBytes(read(base + blockByteLength, 4), pattern(8, 1).subarray(4), "the next one untouched");
        expectBetween(cost, 1, ERASE_LIMIT, "instructions");
        return `instructions=${cost}`;
      },
    ],
    [
      "programs-over-write-buffers",
      () => {
        const bytes = pattern(12 + BUFFER + 8, 2);
        const start = instructions();
        expectSame(program(base + BUFFER - 12, bytes), true, "program");
        const cost = instructions() - start;
        expectBytes(read(base + BUFFER - 12, bytes.length), bytes, "bytes");
        expectSame(isErased(base, BUFFER - 12), true, "bytes before");
        expectSame(isErased(base + 2 * BUFFER + 8, BUFFER), true, "bytes behind");
        expectBetween(cost, 1, PROGRAM_LIMIT, "instructions");
        return `instructions=${cost}`;
      },
    ],
    [
      "programs-a-view-at-an-odd-place",
      () => {
        const bytes = pattern(101, 3);
        expectSame(program(base + 5 * BUFFER, bytes.subarray(1, 65)), true, "program");
        expectBytes(read(base + 5 * BUFFER, 64), bytes.subarray(1, 65), "bytes");
      },
    ],
    [
      "keeps-the-nor-rule",
      () => {
        const at = base + 6 * BUFFER;
        expectSame(program(at + 8, Uint8Array.of(0xf0, 1, 2, 3)), true, "program");
        expectSame(program(at + 8, Uint8Array.of(0xf1, 1, 2, 3)), false, "a bit that would become 1");
        expectSame(
          program(at, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 1, 2, 7)),
          false,
          "the same behind erased words",
        );
        expectBytes(
          read(at, 12),
          Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 0xf0, 1, 2, 3),
          "nothing changed",
        );
        expectSame(program(at + 8, Uint8Array.of(0x70, 1, 2, 3)), true, "a bit that becomes 0");
        expectBytes(read(at + 8, 4), Uint8Array.of(0x70, 1, 2, 3), "bytes");
      },
    ],
    [
      "checks-arguments",
      () => {
        const word = new Uint8Array(4);
        for (const offset of [1, 2, 3])
          expectRefusal(RangeError, "an address beside a word", () => program(base + offset, word));
        for (const length of [1, 2, 3, 5])
          expectRefusal(RangeError, "half a word", () => program(base, new Uint8Array(length)));
        expectRefusal(RangeError, "a negative address", () => program(-4, word));
        expectRefusal(RangeError, "an address beyond 32 bits", () => erase(2 ** 32));
        expectRefusal(TypeError, "no bytes", () => program(base, 4 as unknown as Uint8Array));
        expectSame(program(base, new Uint8Array(0)), true, "no bytes at all");
      },
    ],
    [
      "stays-in-its-partitions",
      () => {
        for (const [what, address] of forbidden) {
          expectSame(program(address, pattern(4, 0)), false, `program of ${what}`);
          expectSame(erase(address), false, `erase of ${what}`);
        }
      },
    ],
    [
      "does-not-leave-a-partition",
      () => {
        const last = base + byteLength;
        expectSame(program(last - 4, new Uint8Array(8)), false, "over the end");
        expectSame(isErased(last - 4, 4), true, "the last word");
        expectSame(program(base - 4, new Uint8Array(8)), false, "over the start");
        expectSame(isErased(base, 4), true, "the first word");
      },
    ],
    [
      "serves-marks",
      () => {
        const flash = new BootFlash(bounds);
        expectSame(flash.status().blocks, 2, "blocks");
        expectSame(tryErase(flash, 1), true, "erase");
        expectSame(tryWrite(flash, pattern(16, 5), blockByteLength), true, "write");
        expectSame(tryWrite(flash, pattern(16, 6), blockByteLength), false, "write again");
        expectBytes(flash.read(16, blockByteLength), pattern(16, 5), "bytes");
        expectRefusal(RangeError, "a write outside", () => flash.write(new Uint8Array(4), byteLength));
      },
    ],
  ];
  for (const [name, trial] of trials) runTrial(`${prefix}-${name}`, trial);
}

function runTrial(name: string, trial: () => unknown): void {
  try {
    const detail = trial();
    write(`test pass ${name}${typeof detail === "string" ? ` ${detail}` : ""}\r\n`);
  } catch (error) {
    write(`test fail ${name} ${String(error)}\r\n`);
  }
}
