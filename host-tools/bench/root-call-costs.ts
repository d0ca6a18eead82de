/** What each call of the root of trust costs the runtime that makes it, and the RAM that the root of trust needs for all of them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fromHex } from "../../protocol/image/bytes.ts";
import type { RootCallName } from "../../protocol/root-calls/calls.ts";
import type { ImageRole } from "../build/board.ts";
import type { BuildResult } from "../build/build.ts";
import { readElf } from "../build/elf.ts";
import { makeCapabilityFile } from "../capability/capability-file.ts";
import { copyFlashFiles } from "../emulator/flash-image.ts";
import type { ImageKey } from "../keys/key-file.ts";
import { BenchError } from "./bench-error.ts";
import { type ImageMemory, imageMemory, machineOf, paintStack, symbol } from "./image-memory.ts";
import type { MachineLayout } from "./machine-layout.ts";
import { Probe } from "./probe.ts";
import { provisionedFlash } from "./provisioned-flash.ts";
import { smallRuntime } from "./runtime-images.ts";

/** Every call that returns, in the order of the tables, and what it was made with. */
export const MEASURED_CALLS = {
  identity: "",
  attest: "nonce of 32 bytes",
  operationalKey: "",
  signOperational: "",
  seal: "64 bytes",
  unseal: "64 bytes",
  updateBegin: "erases a slot of 1 MiB",
  updateWrite: "2,048 bytes",
  updateFinish: "verifies an image of some 5 KB",
  select: "",
  confirm: "all confirmed already",
  state: "",
  measurements: "",
  logAppend: "",
  logRead: "",
  logAcknowledge: "",
  random: "64 bytes",
  feedWatchdog: "",
  applyCapability: "for one boot",
} as const satisfies Partial<Record<RootCallName, string>>;
export type MeasuredCall = keyof typeof MEASURED_CALLS;

/** What the calls of one run came to. */
export interface RootCallCosts {
  /** Instructions from the runtime's call of its client to the answer as an object, on both sides. */
  readonly calls: Readonly<Record<MeasuredCall, number>>;
  /** Of the root of trust, when all calls were answered. */
  readonly memory: ImageMemory;
}

const LIFE_MILLISECONDS = 120_000;
const LINE_MILLISECONDS = 60_000;
const SETTLE_MILLISECONDS = 300;

/** @throws BenchError bench-failed when the program does not print all that it must; EmulatorError, ImageError, KeyError */
export async function rootCallCosts(built: BuildResult, layout: MachineLayout, key: ImageKey): Promise<RootCallCosts> {
  const symbolsOf = (role: ImageRole) =>
    readElf(readFileSync(built.programs.find((program) => program.role === role)?.elf ?? "")).symbols;
  const [root, runtime] = [symbolsOf("root"), symbolsOf("runtime")];
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-calls-"));
  let probe: Probe | undefined;
  try {
    const { flash, deviceId } = await provisionedFlash(built, join(scratch, "provisioned"));
    const capability = makeCapabilityFile(
      { deviceId: fromHex(deviceId), grants: ["console"], sequence: 1, use: "one-boot", notAfterBoot: undefined },
      key,
    );
    const storage = filesOf([smallRuntime(built, key), capability]);
    const files = copyFlashFiles(built.board, flash, join(scratch, "measured"), { storage });
    probe = await Probe.start(built.board, files, LIFE_MILLISECONDS);
    const { emulator } = probe;
    await probe.runTo(symbol(root, "main"));
    const stack = await paintStack(probe, root);
    const runs = symbol(root, "hf_monitor_run");
    const machine = machineOf(await probe.trace({ hf_machine_create: symbol(root, "hf_machine_create") }, runs));
    probe.resume();
    await emulator.waitForLine((line) => line === "bench done", LINE_MILLISECONDS);
    await wait(SETTLE_MILLISECONDS);
    await probe.pause();
    emulator.write("x");
    let memory: ImageMemory | undefined;
    const board = probe;
    const counter = symbol(runtime, "native_cpu_instructions");
    const end = symbol(runtime, "native_bench_nothing");
    const spans = await probe.trace({ runs, counter }, end, async (name) => {
      // The emulator shows secure memory only while the board is in the secure world.
      if (name === "runs") memory = await imageMemory(board, root, stack, machine, layout);
    });
    if (memory === undefined) throw new BenchError("bench-failed", "expected calls of the root of trust, found none");
    return {
      calls: readCalls(
        emulator.lines.all,
        spans.filter(({ name }) => name === "counter").map(({ entered }) => entered),
      ),
      memory,
    };
  } finally {
    await probe?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Files as the program finds them: each after its length, at a multiple of 4. */
function filesOf(files: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    files.map((file) => {
      const padded = Buffer.alloc(4 + Math.ceil(file.length / 4) * 4);
      padded.writeUInt32LE(file.length);
      padded.set(file, 4);
      return padded;
    }),
  );
}

/**
 * @param lines what the program printed: the name of each call that it made
 * @param counts instructions since reset before and after each
 * @throws BenchError bench-failed
 */
export function readCalls(lines: readonly string[], counts: readonly number[]): Record<MeasuredCall, number> {
  const made = lines.flatMap((line) => /^bench call (\w+)$/.exec(line)?.[1] ?? []);
  if (counts.length !== 2 * made.length)
    throw new BenchError("bench-failed", `expected 2 counts for each of ${made.length} calls, found ${counts.length}`);
  const names = Object.keys(MEASURED_CALLS) as MeasuredCall[];
  return Object.fromEntries(
    names.map((name) => {
      const index = made.indexOf(name);
      const [before, after] = [counts[2 * index], counts[2 * index + 1]];
      if (before === undefined || after === undefined)
        throw new BenchError("bench-failed", `expected a line "bench call ${name}", found ${made.join(", ")}`);
      return [name, after - before];
    }),
  ) as Record<MeasuredCall, number>;
}
