/** What a board's flash holds when it leaves the factory: images confirmed in slot A, counters at zero, no identity yet. */
import { CounterLog } from "../../bootloader/counters/counter-log.ts";
import { CrashLog } from "../../bootloader/log/crash-log.ts";
import type { MarkFlash } from "../../bootloader/marks/flash-access.ts";
import { encodeConfirmedTrailer, type TrailerLayout, trailerLayout } from "../../bootloader/slots/trailer-layout.ts";
import type { FlashContents } from "../emulator/flash-image.ts";
import type { Board, Partition } from "./board.ts";

/** NOR flash of the boards: 4 bytes a unit. */
const WRITE_UNIT = 4;
const ERASED = 0xff;

/** Bytes that an image may have in a slot of `slotByteLength` bytes: the rest is its trailer. */
export function imageByteLimit(slotByteLength: number): number {
  return slotTrailer(slotByteLength).start;
}

/** A slot's bytes with an image in it that needs no test any more. */
export function confirmedSlot(image: Uint8Array, slotByteLength: number): Uint8Array {
  const layout = slotTrailer(slotByteLength);
  const bytes = new Uint8Array(slotByteLength).fill(ERASED);
  bytes.set(image);
  bytes.set(encodeConfirmedTrailer(layout), layout.start);
  return bytes;
}

/** Contents of all partitions of a new board. */
export function factoryContents(
  board: Board,
  images: { readonly rom: Uint8Array; readonly "root-a": Uint8Array; readonly "runtime-a": Uint8Array },
): FlashContents {
  const partition = (name: string) => board.partitions.find((each) => each.name === name) as Partition;
  const erased = (name: string) => {
    const { bank, byteLength } = partition(name);
    return memoryFlash(byteLength, board.flash.find((each) => each.name === bank)?.sectorByteLength ?? byteLength);
  };
  const state = erased("state");
  new CounterLog(state.flash).format();
  const log = erased("log");
  new CrashLog(log.flash).format();
  return {
    rom: images.rom,
    "root-a": confirmedSlot(images["root-a"], partition("root-a").byteLength),
    "runtime-a": confirmedSlot(images["runtime-a"], partition("runtime-a").byteLength),
    state: state.bytes,
    log: log.bytes,
  };
}

function slotTrailer(slotByteLength: number): TrailerLayout {
  return trailerLayout(memoryFlash(slotByteLength, slotByteLength).flash);
}

/** Erased flash in memory. */
function memoryFlash(size: number, blockLength: number): { readonly flash: MarkFlash; readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(size).fill(ERASED);
  const flash: MarkFlash = {
    status: () => ({ size, blockLength, blocks: size / blockLength, eraseValue: ERASED, writeAlign: WRITE_UNIT }),
    read: (target, position) => {
      const into = typeof target === "number" ? new Uint8Array(target) : target;
      into.set(bytes.subarray(position, position + into.length));
      return into.buffer as ArrayBuffer;
    },
    write: (data, position) => bytes.set(data instanceof Uint8Array ? data : new Uint8Array(data), position),
    eraseBlock: (first, end = first + 1) => void bytes.fill(ERASED, first * blockLength, end * blockLength),
  };
  return { flash, bytes };
}
