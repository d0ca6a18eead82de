/** Follows a board from reset to its sleeping app: what each phase costs, and what RAM is used at the end of each stage. */
import { readFileSync } from "node:fs";
import type { ImageRole } from "../build/board.ts";
import type { BuildResult } from "../build/build.ts";
import { readElf } from "../build/elf.ts";
import { BenchError } from "./bench-error.ts";
import { type MachineLayout, type MachineMemory, machineMemory } from "./machine-layout.ts";
import { type CallSpan, Probe } from "./probe.ts";

/** A part of the boot; phases are disjoint and add up to `appLine`. */
export interface Phase {
  readonly stage: ImageRole;
  readonly name: string;
  readonly instructions: number;
}

/** RAM of one image, in bytes, when its stage is over (boot stage) or first asleep (runtime). */
export interface ImageMemory {
  readonly stackReserved: number;
  /** Deepest use of the C stack, found by painting it. */
  readonly stackPeak: number;
  readonly dataAndBss: number;
  readonly machine: MachineMemory;
}

/** All numbers are instructions since reset. */
export interface BootProfile {
  readonly phases: readonly Phase[];
  /** To the runtime's first line on the console. */
  readonly runtimeLine: number;
  /** To the line that says that the app is up. */
  readonly appLine: number;
  /** To the first wait for interrupt. */
  readonly firstSleep: number;
  readonly memory: Readonly<Record<ImageRole, ImageMemory>>;
}

type Symbols = ReadonlyMap<string, number>;

const LIFE_MILLISECONDS = 60_000;
const PAINT = 0xa5;
/** What the boot stage does outside of TypeScript. */
const BOOT_CALLS = {
  hf_machine_create: "machine from the frozen root",
  native_memory_loadImage: "image to the place where it runs",
  hf_sha256_region: "SHA-256 of the image",
  hf_verify_p256: "ECDSA P-256",
  native_console_write: "console output",
} as const;

/** @throws BenchError, EmulatorError */
export async function profileBoot(built: BuildResult, layout: MachineLayout): Promise<BootProfile> {
  const symbols = Object.fromEntries(
    built.programs.map(({ role, elf }) => [role, readElf(readFileSync(elf)).symbols]),
  ) as Record<ImageRole, Symbols>;
  const probe = await Probe.start(built.board, built.flash, LIFE_MILLISECONDS);
  try {
    const bootMain = await probe.runTo(symbol(symbols.boot, "main"));
    const bootStack = await paintStack(probe, symbols.boot);
    const bootCalls = await probe.trace(
      addresses(symbols.boot, Object.keys(BOOT_CALLS)),
      symbol(symbols.boot, "hf_cpu_enter_runtime"),
    );
    const bootEnd = await probe.instructions();
    const bootMemory = await imageMemory(probe, symbols.boot, bootStack, machineOf(bootCalls), layout);

    const runtimeMain = await probe.runTo(symbol(symbols.runtime, "main"));
    const runtimeStack = await paintStack(probe, symbols.runtime);
    const runtimeCalls = await probe.trace(
      addresses(symbols.runtime, ["hf_machine_create", "native_console_write"]),
      symbol(symbols.runtime, "hf_events_run"),
    );
    const firstSleep = await probe.runTo(symbol(symbols.runtime, "hf_cpu_wait_for_interrupt"));
    const runtimeMemory = await imageMemory(probe, symbols.runtime, runtimeStack, machineOf(runtimeCalls), layout);

    const lines = runtimeCalls.filter(({ name }) => name === "native_console_write");
    const [first, last] = [lines[0], lines.at(-1)];
    if (first === undefined || last === undefined || first === last)
      throw new BenchError("bench-failed", `expected two lines of the runtime, found ${lines.length}`);
    return {
      phases: [
        { stage: "boot", name: "reset to C: copy, memory protection", instructions: bootMain },
        ...bootPhases(bootCalls, bootEnd - bootMain),
        { stage: "boot", name: "hand-over to the runtime's C", instructions: runtimeMain - bootEnd },
        ...runtimePhases(runtimeCalls, runtimeMain, first, last.entered),
      ],
      runtimeLine: first.entered,
      appLine: last.entered,
      firstSleep,
      memory: { boot: bootMemory, runtime: runtimeMemory },
    };
  } finally {
    await probe.close();
  }
}

function bootPhases(calls: readonly CallSpan[], all: number): Phase[] {
  const phases = Object.entries(BOOT_CALLS).map(([called, name]): Phase => {
    const instructions = calls.filter((call) => call.name === called).reduce((sum, call) => sum + call.instructions, 0);
    return { stage: "boot", name, instructions };
  });
  const native = phases.reduce((sum, { instructions }) => sum + instructions, 0);
  return [...phases, { stage: "boot", name: "TypeScript: parse, check, decide", instructions: all - native }];
}

function runtimePhases(calls: readonly CallSpan[], main: number, first: CallSpan, end: number): Phase[] {
  const created = calls.find(({ name }) => name === "hf_machine_create");
  if (created === undefined) throw new BenchError("bench-failed", "expected the runtime to create a machine");
  const known = created.entered - main + created.instructions + first.instructions;
  return [
    { stage: "runtime", name: "check of the archive", instructions: created.entered - main },
    { stage: "runtime", name: "machine from the frozen root", instructions: created.instructions },
    { stage: "runtime", name: "console output", instructions: first.instructions },
    { stage: "runtime", name: "TypeScript: board, drivers, app", instructions: end - main - known },
  ];
}

/** Address of the hfMachine that was created. */
function machineOf(calls: readonly CallSpan[]): number {
  return calls.find(({ name }) => name === "hf_machine_create")?.argument ?? 0;
}

interface PaintedStack {
  readonly bottom: number;
  readonly top: number;
}

/** Fills the C stack below the stack pointer; the board stands at the start of `main`. */
async function paintStack(probe: Probe, symbols: Symbols): Promise<PaintedStack> {
  const stack = { bottom: symbol(symbols, "_stack_bottom"), top: symbol(symbols, "_stack_top") };
  const pointer = await probe.stackPointer();
  await probe.writeMemory(stack.bottom, Buffer.alloc(pointer - stack.bottom, PAINT));
  return stack;
}

async function imageMemory(
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

function addresses(symbols: Symbols, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, symbol(symbols, name)]));
}

/** @throws BenchError map-unreadable */
export function symbol(symbols: Symbols, name: string): number {
  const value = symbols.get(name);
  if (value === undefined) throw new BenchError("map-unreadable", `expected a symbol ${name} in the image, found none`);
  return value;
}
