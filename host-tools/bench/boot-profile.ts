/** Follows a board from reset to its sleeping app: what each phase costs, and what RAM is used at the end of each stage. */
import { readFileSync } from "node:fs";
import type { ImageRole } from "../build/board.ts";
import type { BuildResult } from "../build/build.ts";
import { readElf } from "../build/elf.ts";
import type { FlashFiles } from "../emulator/flash-image.ts";
import { BenchError } from "./bench-error.ts";
import {
  addresses,
  type ImageMemory,
  imageMemory,
  machineOf,
  paintStack,
  type Symbols,
  symbol,
} from "./image-memory.ts";
import type { MachineLayout } from "./machine-layout.ts";
import { type CallSpan, Probe } from "./probe.ts";

/** A part of the boot; phases are disjoint and add up to `appLine`. */
export interface Phase {
  readonly stage: ImageRole;
  readonly name: string;
  readonly instructions: number;
}

/** The stages that verify another. */
export type VerifyingStage = "rom" | "root";

/** What one verification took, in instructions. */
export interface Verification {
  /** From the copy of the image, where there is one, to the line that says that it was verified. */
  readonly policy: number;
  /** Of that, the native hash of the same bytes and the native check of one signature. */
  readonly bare: number;
}

/** All numbers are instructions, of the whole boot since reset. */
export interface BootProfile {
  readonly phases: readonly Phase[];
  /** From the C of a stage to the C of the next; the runtime to `appLine`. */
  readonly stages: Readonly<Record<ImageRole, number>>;
  readonly verifications: Readonly<Record<VerifyingStage, Verification>>;
  /** To the runtime's first line on the console. */
  readonly runtimeLine: number;
  /** To the line that says that the app is up. */
  readonly appLine: number;
  /** To the first wait for interrupt. */
  readonly firstSleep: number;
  readonly memory: Readonly<Record<ImageRole, ImageMemory>>;
}

const LIFE_MILLISECONDS = 120_000;
/** What the first two stages do outside of TypeScript. An image has only those of the functions that it uses. */
const NATIVE_PHASES: Readonly<Record<string, readonly string[]>> = {
  "machine from the frozen root": ["hf_machine_create"],
  "image to the place where it runs": ["native_memory_loadImage"],
  "SHA-256 of the next image": ["hf_sha256_region"],
  "ECDSA P-256 of the next image": ["hf_verify_p256"],
  "identity: key pairs": ["native_signing_p256PublicKey"],
  "identity: signatures": ["native_signing_p256Sign"],
  "identity: hashes": [
    "native_signing_hmacSha256",
    "native_signing_hmacSha512",
    "native_signing_sha512",
    "native_crypto_sha256",
  ],
  "flash read": ["native_memory_read", "native_memory_isErased", "native_memory_equals"],
  "flash erased and programmed": ["native_flash_erase", "native_flash_program"],
  "console output": ["native_console_write"],
};
const NATIVES = Object.values(NATIVE_PHASES).flat();

/** Follows one boot. @param flash stays as it is @throws BenchError, EmulatorError */
export async function profileBoot(built: BuildResult, flash: FlashFiles, layout: MachineLayout): Promise<BootProfile> {
  const symbols = Object.fromEntries(
    built.programs.map(({ role, elf }) => [role, readElf(readFileSync(elf)).symbols]),
  ) as Record<ImageRole, Symbols>;
  const probe = await Probe.start(built.board, flash, LIFE_MILLISECONDS);
  try {
    const romMain = await probe.runTo(symbol(symbols.rom, "main"));
    const romStack = await paintStack(probe, symbols.rom);
    const romCalls = await probe.trace(natives(symbols.rom), symbol(symbols.rom, "hf_cpu_enter_root"));
    const romEnd = await probe.instructions();
    const romMemory = await imageMemory(probe, symbols.rom, romStack, machineOf(romCalls), layout);

    const rootMain = await probe.runTo(symbol(symbols.root, "main"));
    const rootStack = await paintStack(probe, symbols.root);
    const rootRuns = symbol(symbols.root, "hf_monitor_run");
    const rootCalls = await probe.trace(natives(symbols.root), rootRuns);
    const rootEnd = await probe.instructions();
    const lookAtRoot = () => imageMemory(probe, symbols.root, rootStack, machineOf(rootCalls), layout);
    let rootMemory = await lookAtRoot();

    const runtimeMain = await probe.runTo(symbol(symbols.runtime, "main"));
    const runtimeStack = await paintStack(probe, symbols.runtime);
    const runtimeCalls = await probe.trace(
      {
        ...addresses(symbols.runtime, ["hf_machine_create", "native_console_write", "hf_root_call"]),
        hf_monitor_run: rootRuns,
      },
      symbol(symbols.runtime, "hf_events_run"),
      // The emulator shows secure memory only while the board is in the secure world.
      async (name) => {
        if (name === "hf_monitor_run") rootMemory = await lookAtRoot();
      },
    );
    const firstSleep = await probe.runTo(symbol(symbols.runtime, "hf_cpu_wait_for_interrupt"));
    const runtimeMemory = await imageMemory(probe, symbols.runtime, runtimeStack, machineOf(runtimeCalls), layout);

    const lines = runtimeCalls.filter(({ name }) => name === "native_console_write");
    const [first, last] = [lines[0], lines.at(-1)];
    if (first === undefined || last === undefined || first === last)
      throw new BenchError("bench-failed", `expected two lines of the runtime, found ${lines.length}`);
    return {
      phases: [
        { stage: "rom", name: "reset to C: copy, memory protection", instructions: romMain },
        ...nativePhases("rom", romCalls, romEnd - romMain),
        { stage: "rom", name: "hand-over to the next stage's C", instructions: rootMain - romEnd },
        ...nativePhases("root", rootCalls, rootEnd - rootMain),
        { stage: "root", name: "hand-over to the next stage's C", instructions: runtimeMain - rootEnd },
        ...runtimePhases(runtimeCalls, runtimeMain, first, last.entered),
      ],
      stages: { rom: rootMain, root: runtimeMain - rootMain, runtime: last.entered - runtimeMain },
      verifications: { rom: verification(romCalls), root: verification(rootCalls) },
      runtimeLine: first.entered,
      appLine: last.entered,
      firstSleep,
      memory: { rom: romMemory, root: rootMemory, runtime: runtimeMemory },
    };
  } finally {
    await probe.close();
  }
}

function natives(symbols: Symbols): Record<string, number> {
  return addresses(
    symbols,
    NATIVES.filter((name) => symbols.has(name)),
  );
}

function sumOf(calls: readonly CallSpan[], names: readonly string[]): number {
  return calls.filter(({ name }) => names.includes(name)).reduce((sum, { instructions }) => sum + instructions, 0);
}

function nativePhases(stage: VerifyingStage, calls: readonly CallSpan[], all: number): Phase[] {
  const phases = Object.entries(NATIVE_PHASES).map(
    ([name, functions]): Phase => ({ stage, name, instructions: sumOf(calls, functions) }),
  );
  const native = phases.reduce((sum, { instructions }) => sum + instructions, 0);
  return [...phases, { stage, name: "TypeScript: parse, check, decide", instructions: all - native }];
}

/** Of the image that was started: the last one that was looked at. @throws BenchError bench-failed */
function verification(calls: readonly CallSpan[]): Verification {
  const loaded = calls.filter(({ name }) => name === "native_memory_loadImage").at(-1);
  const said = calls.find(
    ({ name, entered }) => name === "native_console_write" && entered > (loaded?.entered ?? Number.POSITIVE_INFINITY),
  );
  if (loaded === undefined || said === undefined)
    throw new BenchError("bench-failed", "expected a stage to verify an image and to say so, found neither");
  const within = calls.filter(({ entered }) => entered > loaded.entered && entered < said.entered);
  return { policy: said.entered - loaded.entered, bare: sumOf(within, ["hf_sha256_region", "hf_verify_p256"]) };
}

function runtimePhases(calls: readonly CallSpan[], main: number, first: CallSpan, end: number): Phase[] {
  const created = calls.find(({ name }) => name === "hf_machine_create");
  if (created === undefined) throw new BenchError("bench-failed", "expected the runtime to create a machine");
  const away = sumOf(calls, ["hf_root_call"]);
  const known = created.entered - main + created.instructions + first.instructions + away;
  return [
    { stage: "runtime", name: "check of the archive", instructions: created.entered - main },
    { stage: "runtime", name: "machine from the frozen root", instructions: created.instructions },
    { stage: "runtime", name: "console output", instructions: first.instructions },
    { stage: "runtime", name: "root of trust: answers calls", instructions: away },
    { stage: "runtime", name: "TypeScript: board, drivers, app", instructions: end - main - known },
  ];
}
