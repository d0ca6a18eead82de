/** Where XS keeps its numbers in a machine, as compiled for the board, and what they say of a machine in a board's memory. */
import { BenchError } from "./bench-error.ts";

/** Offsets in bytes, in the order of hf_bench_machine_layout (test/bench/native/bench.c). */
const FIELDS = [
  "machineByteLength",
  "slotByteLength",
  "the",
  "arena",
  "stack",
  "stackBottom",
  "stackTop",
  "nameModulo",
  "symbolModulo",
  "keyCount",
  "keyOffset",
  "aliasCount",
  "currentChunksSize",
  "maximumChunksSize",
  "currentHeapCount",
  "maximumHeapCount",
] as const;
type Field = (typeof FIELDS)[number];

export type MachineLayout = Readonly<Record<Field, number>>;

/** Symbol of the table in the benchmark program. */
export const LAYOUT_SYMBOL = "hf_bench_machine_layout";

/** @param table bytes of the table, from the benchmark program's payload */
export function readMachineLayout(table: Buffer): MachineLayout {
  const layout = Object.fromEntries(FIELDS.map((field, index) => [field, table.readUInt32LE(index * 4)]));
  if (layout.slotByteLength !== 16)
    throw new BenchError("map-unreadable", `expected slots of 16 bytes, found ${layout.slotByteLength}`);
  return layout as MachineLayout;
}

/** Bytes of `LAYOUT_SYMBOL`'s table. */
export const LAYOUT_BYTE_LENGTH = FIELDS.length * 4;

/** A pool of a machine, in bytes; `used` counts garbage that was not collected yet. */
export interface Pool {
  readonly reserved: number;
  readonly used: number;
}

/** What one machine holds of RAM. */
export interface MachineMemory {
  /** Taken from the arena, block headers included, and the most that ever was. */
  readonly arenaUsed: number;
  readonly arenaPeak: number;
  readonly arenaByteLength: number;
  readonly chunks: Pool;
  readonly slots: Pool;
  readonly stack: Pool;
  /** Keys that the machine made itself, and the tables of names, symbols and aliases. */
  readonly keysAndTables: number;
  /** XS's machine structure, number conversion and block headers. */
  readonly machine: number;
}

/** Reads a 32-bit word of the board's memory. */
type ReadWord = (address: number) => Promise<number>;

/** struct hfArena (hal/native/xs/arena.c): base, length, used, peak. */
const ARENA_HEADER_WORDS = 4;
const POINTER_LENGTH = 4;

/**
 * @param owner address of the hfMachine
 * @throws BenchError map-unreadable when what is there is no machine
 */
export async function machineMemory(owner: number, layout: MachineLayout, readWord: ReadWord): Promise<MachineMemory> {
  const the = await readWord(owner + layout.the);
  const arena = await readWord(owner + layout.arena);
  const words = [];
  for (let index = 0; index < ARENA_HEADER_WORDS; index++) words.push(await readWord(arena + index * 4));
  const [base = 0, arenaByteLength = 0, arenaUsed = 0, arenaPeak = 0] = words;
  if (base <= arena || base > arena + 64 || arenaUsed > arenaPeak || arenaPeak > arenaByteLength)
    throw new BenchError("map-unreadable", `expected an arena at ${arena}, found ${words.join(", ")}`);
  const field = (name: Field) => readWord(the + layout[name]);
  // Ids are 16 bits; two lie in one word.
  const id = async (name: Field) => (await field(name)) & 0xffff;
  const { slotByteLength } = layout;
  const chunks = { reserved: await field("maximumChunksSize"), used: await field("currentChunksSize") };
  const slots = {
    reserved: (await field("maximumHeapCount")) * slotByteLength,
    used: (await field("currentHeapCount")) * slotByteLength,
  };
  const top = await field("stackTop");
  const stack = { reserved: top - (await field("stackBottom")), used: top - (await field("stack")) };
  const ownKeys = (await id("keyCount")) - (await id("keyOffset"));
  const tables = ownKeys + (await field("nameModulo")) + (await field("symbolModulo")) + (await id("aliasCount"));
  const keysAndTables = tables * POINTER_LENGTH;
  const machine = arenaUsed - chunks.reserved - slots.reserved - stack.reserved - keysAndTables;
  return { arenaUsed, arenaPeak, arenaByteLength, chunks, slots, stack, keysAndTables, machine };
}
