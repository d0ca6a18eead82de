/** native:memory on the board: what may be read by address, and memory shared with devices. */
import { address, byteLength, equals, isErased, read } from "native:memory";
import config from "mc/config";
import { allocateShared, openDevice, partitionConfig } from "../../../hal/boards/board-config.ts";
import { expectBytes, expectRefusal, expectSame, type Trials } from "./trial.ts";

const PAGE = 4096;
/** Starts of RAM that the runtime uses or must not reach, of memory shared with devices, of the boot ROM and of the runtime's slot. */
const PRIVATE: Readonly<Record<string, readonly number[]>> = Object.freeze({
  "virt-a7": Object.freeze([0x4020_1000, 0x4010_0000, 0x4000_0000, 0x0e00_0000, 0x0040_0000]),
  "virt-rv32": Object.freeze([0x8004_0000, 0x8000_0000, 0x8001_0000, 0x2000_0000, 0x2210_0000]),
});

function onlyRegionsAreRead(): undefined {
  const storage = partitionConfig("storage");
  const end = storage.base + storage.byteLength;
  for (const [start, length] of [
    ...(PRIVATE[config.board.name] ?? []).map((base) => [base, 4] as const),
    [0, 4],
    [storage.base - 4, 8],
    [end - 4, 8],
    [end, 4],
    [0xffff_fffc, 8],
    [storage.base, 0x7fff_ffff],
    [-4, 4],
    [storage.base + 0.5, 4],
  ] as const) {
    expectRefusal(RangeError, `read(${start}, ${length})`, () => read(start, length));
    expectRefusal(RangeError, `isErased(${start}, ${length})`, () => isErased(start, length));
    if (length <= 8) expectRefusal(RangeError, `equals(${start})`, () => equals(start, new Uint8Array(length)));
  }
  expectRefusal(TypeError, "read without a length", () => (read as (start: number) => unknown)(storage.base));
  expectSame(read(end - 4, 4).byteLength, 4, "bytes read at the end of storage");
  return undefined;
}

/** The board on which devices are machine mode's, and with them the memory that they write to. */
const BOARD_WITHOUT = "virt-rv32";

function sharedMemoryWorks(): string {
  if ((config.board.name as string) === BOARD_WITHOUT) {
    expectRefusal(TypeError, "memory for devices in user mode", () => allocateShared(4));
    return "none";
  }
  const memory = allocateShared(10);
  expectSame(memory.byteLength, 12, "length, rounded up to words");
  expectSame(memory.address % PAGE, 0, "alignment");
  expectSame(memory.read32(8), 0, "fresh memory");
  memory.write32(0, 0x8765_4321);
  const bytes = [0, 1, 2, 3].map((offset) => memory.read8(offset));
  expectBytes(Uint8Array.from(bytes), Uint8Array.of(0x21, 0x43, 0x65, 0x87), "little-endian bytes");
  expectSame(memory.read16(2), 0x8765, "half word");
  expectRefusal(RangeError, "read32 at the end", () => memory.read32(12));
  const other = allocateShared(PAGE);
  expectSame(other.address, memory.address + PAGE, "address of the next allocation");
  other.write32(0, 1);
  expectSame(memory.read32(0), 0x8765_4321, "memory after a write next to it");
  expectRefusal(RangeError, "more than the board has", () => allocateShared(0x100_0000));
  expectRefusal(RangeError, "nothing", () => allocateShared(0));
  expectRefusal(TypeError, "address of registers", () => address.call(openDevice("rtc")));
  expectRefusal(TypeError, "byteLength of an object", () => byteLength.call({}));
  return `address=0x${memory.address.toString(16)}`;
}

/** The tests. */
export const MEMORY_TRIALS: Trials = Object.freeze([
  ["memory-reads-regions-only", onlyRegionsAreRead],
  ["memory-shared-with-devices", sharedMemoryWorks],
] as const);
