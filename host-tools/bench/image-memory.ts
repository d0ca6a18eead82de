/** How much RAM an image has taken: its stack, painted before it runs, its data, and its machine. */
import { BenchError } from "./bench-error.ts";
import { type MachineLayout, type MachineMemory, machineMemory } from "./machine-layout.ts";
import type { CallSpan, Probe } from "./probe.ts";

/** RAM of one image, in bytes, when its stage is over (boot ROM), or when the runtime first sleeps. */
export interface ImageMemory {
  readonly stackReserved: number;
  /** Deepest use of the C stack, found by painting it. */
  readonly stackPeak: number;
  readonly dataAndBss: number;
  readonly machine: MachineMemory;
}

/** Addresses by name. */
export type Symbols = ReadonlyMap<string, number>;

const PAINT = 0xa5;

/** Address of the hfMachine that was created. */
export function machineOf(calls: readonly CallSpan[]): number {
  return calls.find(({ name }) => name === "hf_machine_create")?.argument ?? 0;
}

/** Where a stack lies. */
export interface PaintedStack {
  readonly bottom: number;
  readonly top: number;
}

/** Fills the C stack below the stack pointer; the board stands at the start of `main`. */
export async function paintStack(probe: Probe, symbols: Symbols): Promise<PaintedStack> {
  const stack = { bottom: symbol(symbols, "_stack_bottom"), top: symbol(symbols, "_stack_top") };
  const pointer = await probe.stackPointer();
  await probe.writeMemory(stack.bottom, Buffer.alloc(pointer - stack.bottom, PAINT));
  return stack;
}

/** What an image has taken of its RAM; the board stands where it can be read. */
export async function imageMemory(
  probe: Probe,
  symbols: Symbols,
  { bottom, top }: PaintedStack,
  owner: number,
  layout: MachineLayout,
): Promise<ImageMemory> {
  const stack = await probe.readMemory(bottom, top - bottom);
  const untouched = stack.findIndex((byte) => byte !== PAINT);
  return {
    stackReserved: top - bottom,
    stackPeak: stack.length - untouched,
    dataAndBss: symbol(symbols, "_bss_end") - top,
    machine: await machineMemory(owner, layout, (address) => probe.readWord(address)),
  };
}

/** Of functions, by name. @throws BenchError map-unreadable */
export function addresses(symbols: Symbols, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, symbol(symbols, name)]));
}

/** @throws BenchError map-unreadable */
export function symbol(symbols: Symbols, name: string): number {
  const value = symbols.get(name);
  if (value === undefined) throw new BenchError("map-unreadable", `expected a symbol ${name} in the image, found none`);
  return value;
}
