/** Runs the benchmark program (test/bench) on a board and reads what it counted; measures interrupts from outside. */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { BuildResult } from "../build/build.ts";
import { readElf } from "../build/elf.ts";
import { BenchError } from "./bench-error.ts";
import { symbol } from "./image-memory.ts";
import { Probe } from "./probe.ts";

/** Turns of each loop in the program (test/bench/device/main.ts). */
export const TURNS = 1000;

/** Loops in the order of the tables; `loop` is contained in each of the others. */
export const LOOPS = {
  loop: "`for` turn with `sum = (sum + turn * 3) | 0`",
  "function-call": "the same through a function",
  "private-field": "the same through a method that writes a `#private` field",
  bytes: "`Uint8Array`: read, exclusive-or, write",
  allocation: "new object of two properties",
  stringify: "`JSON.stringify` of an object, 35 characters",
  "native-call": "call of a C function that does nothing",
  "register-read": "32-bit register read through a driver's window",
  "await-turn": "`await` of a value that is there",
} as const;
export type LoopName = keyof typeof LOOPS;

/** The price of a machine: instructions, and bytes of RAM that it holds when idle. */
export interface MachinePrice {
  readonly create: number;
  readonly remove: number;
  readonly ram: number;
}

/** Guest instructions. */
export interface DeviceBenchmarks {
  /** Per turn, rounded. */
  readonly loops: Readonly<Record<LoopName, number>>;
  /** With the smallest pools, and with those of the runtime. */
  readonly machines: { readonly smallest: MachinePrice; readonly runtime: MachinePrice };
  /** From the end of the wait for interrupt to the first line of the TypeScript callback. */
  readonly interrupts: { readonly timer: number; readonly serial: number };
}

const LIFE_MILLISECONDS = 60_000;
const LINE_MILLISECONDS = 30_000;
/** The program has nothing to do any more and sleeps long before. */
const SETTLE_MILLISECONDS = 300;

/** @throws BenchError bench-failed when the program does not print all that it must; EmulatorError */
export async function runDeviceBenchmarks(built: BuildResult): Promise<DeviceBenchmarks> {
  const runtime = built.programs.find(({ role }) => role === "runtime");
  const { symbols } = readElf(readFileSync(runtime?.elf ?? ""));
  const probe = await Probe.start(built.board, built.flash, LIFE_MILLISECONDS);
  try {
    const mark = symbol(symbols, "native_bench_mark");
    const waits = await probe.trace({ wait: symbol(symbols, "hf_cpu_wait_for_interrupt") }, mark);
    const lastWait = waits.at(-1);
    if (lastWait === undefined) throw new BenchError("bench-failed", "expected a wait before the timer, found none");
    const timer = (await probe.instructions()) - (lastWait.entered + lastWait.instructions);

    probe.resume();
    await probe.emulator.waitForLine((line) => line === "bench done", LINE_MILLISECONDS);
    await wait(SETTLE_MILLISECONDS);
    await probe.pause();
    const asleep = await probe.instructions();
    probe.emulator.write("x");
    const serial = (await probe.runTo(mark)) - asleep;
    return { ...readLines(probe.emulator.lines.all), interrupts: { timer, serial } };
  } finally {
    await probe.close();
  }
}

/** What the program printed. @throws BenchError bench-failed */
export function readLines(lines: readonly string[]): Omit<DeviceBenchmarks, "interrupts"> {
  const found = new Map<string, number>();
  for (const line of lines) {
    const [, name, value] = /^bench ([a-z-]+) (\d+) \S+$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, Number(value));
  }
  const value = (name: string): number => {
    const number = found.get(name);
    if (number === undefined)
      throw new BenchError("bench-failed", `expected a line "bench ${name}", found ${lines.slice(-3).join(" | ")}`);
    return number;
  };
  const overhead = value("empty-run");
  const perTurn = (name: string) => Math.round((value(name) - overhead) / TURNS);
  const machine = (name: string): MachinePrice => ({
    create: value(`machine-${name}-create`),
    remove: value(`machine-${name}-delete`),
    ram: value(`machine-${name}-ram`),
  });
  return {
    loops: Object.fromEntries(Object.keys(LOOPS).map((name) => [name, perTurn(name)])) as Record<LoopName, number>,
    machines: { smallest: machine("smallest"), runtime: machine("runtime") },
  };
}
