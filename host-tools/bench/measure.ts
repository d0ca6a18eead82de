/** Takes all measurements of one board, each run twice. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Board, ImageRole } from "../build/board.ts";
import { type BuildResult, buildBoard } from "../build/build.ts";
import { readElf } from "../build/elf.ts";
import { buildHostCompilers } from "../build/host-compilers.ts";
import { copyFlashFiles, type FlashFiles } from "../emulator/flash-image.ts";
import { singleBuildKey } from "../keys/build-keys.ts";
import { runCommand } from "../setup/run-command.ts";
import { pinnedVersion } from "../setup/sources.ts";
import { BenchError } from "./bench-error.ts";
import { benchKey } from "./bench-key.ts";
import { type BootProfile, profileBoot } from "./boot-profile.ts";
import { type DeviceBenchmarks, runDeviceBenchmarks } from "./device-benchmarks.ts";
import { symbol } from "./image-memory.ts";
import { imageParts, type PartSize, type RootCounts, rootCounts } from "./image-parts.ts";
import { LAYOUT_BYTE_LENGTH, LAYOUT_SYMBOL, type MachineLayout, readMachineLayout } from "./machine-layout.ts";
import { type PositionCost, positionCost } from "./position-cost.ts";
import { provisionedFlash } from "./provisioned-flash.ts";
import { type RootCallCosts, rootCallCosts } from "./root-call-costs.ts";
import { paddedRuntime } from "./runtime-images.ts";

/** Most that waiting may make of a boot, and of all calls of the root of trust. */
const BOOT_SHARE = 0.03;
const CALLS_SHARE = 0.001;

/** Sizes of one image, in bytes. */
export interface ImageSizes {
  readonly parts: readonly PartSize[];
  readonly root: RootCounts;
  /** Header, code, constants, initial data and archive. */
  readonly flash: number;
}

export interface BoardMeasurements {
  readonly board: string;
  readonly description: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<ImageRole, ImageSizes>>;
  /** Boots of the product: the first one, in which the device makes its secret, and those that follow. */
  readonly firstBoot: BootProfile;
  readonly boot: BootProfile;
  /** Boot of a device that has booted before, with the largest runtime. */
  readonly largest: BootProfile;
  /** Bytes of the largest runtime: its slot without the trailer. */
  readonly largestByteLength: number;
  readonly device: DeviceBenchmarks;
  readonly rootCalls: RootCallCosts;
  readonly positions: PositionCost;
}

export interface MeasureOptions {
  readonly root: string;
  readonly board: string;
  readonly progress: (text: string) => void;
}

/** @throws BenchError, and what buildBoard and the emulator throw */
export async function measureBoard(options: MeasureOptions): Promise<BoardMeasurements> {
  const { root, progress } = options;
  const { product, bench } = await buildBoth(options);
  const { board } = product;
  const layout = machineLayout(bench);
  const { imageByteLength: largestByteLength, slot } = paddedRuntime(product, benchKey());
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  const boots = await (async () => {
    const { flash } = await provisionedFlash(product, join(scratch, "provisioned"));
    const largest = copyFlashFiles(board, flash, join(scratch, "largest"), { "runtime-a": slot });
    const profile = (what: string, files: FlashFiles) => {
      progress(`counting ${board.name}: ${what}`);
      return shorterOfTwo(`${what} of ${board.name}`, {
        measure: () => profileBoot(product, files, layout),
        sum: ({ appLine }) => appLine,
        share: BOOT_SHARE,
      });
    };
    return {
      firstBoot: await profile("first boot", product.flash),
      boot: await profile("boot", flash),
      largest: await profile("boot of the largest runtime", largest),
    };
  })().finally(() => rmSync(scratch, { recursive: true, force: true }));
  progress(`counting ${board.name}: benchmarks`);
  const device = await twice(`benchmarks of ${board.name}`, () => runDeviceBenchmarks(bench));
  progress(`counting ${board.name}: calls of the root of trust`);
  const rootCalls = await shorterOfTwo(`calls of ${board.name}`, {
    measure: () => rootCallCosts(bench, layout, benchKey()),
    sum: ({ calls }) => Object.values(calls).reduce((sum, count) => sum + count, 0),
    share: CALLS_SHARE,
  });
  const { compile } = await buildHostCompilers(root, progress);
  return {
    board: board.name,
    description: board.description,
    versions: await versions(root, board),
    images: {
      rom: imageSizes(product, "rom", 0),
      root: imageSizes(product, "root", 0),
      runtime: imageSizes(product, "runtime", product.archiveByteLength),
    },
    ...boots,
    largestByteLength,
    device,
    rootCalls,
    positions: await positionCost(join(folderOf(product, "runtime"), "modules"), compile),
  };
}

/** The product as it is, and the benchmark program, both signed with the benchmark key. */
export async function buildBoth(
  options: MeasureOptions,
): Promise<{ readonly product: BuildResult; readonly bench: BuildResult }> {
  const { root, board, progress } = options;
  const folder = join(root, "build", "bench", board);
  const common = { root, board, keys: singleBuildKey(benchKey()), progress };
  const product = await buildBoard({ ...common, folder: join(folder, "product") });
  const runtime = join(root, "test", "bench", "runtime.json");
  const bench = await buildBoard({ ...common, manifests: { runtime }, folder: join(folder, "program") });
  return { product, bench };
}

/** Equal runs must count equally, or the numbers are no measurements. @throws BenchError not-repeatable */
async function twice<T>(what: string, measure: () => Promise<T>): Promise<T> {
  const [first, second] = await Promise.all([measure(), measure()]);
  if (!isDeepStrictEqual(first, second)) throw notRepeatable(what, first, second);
  return first;
}

/**
 * Where a board waits for its random source or its flash it asks until the emulating machine has found the time to answer, so that no
 * two runs are quite the same: the shorter one counts.
 * @param share by which the sum of a run's instructions may differ
 * @throws BenchError not-repeatable when they differ by more than that
 */
async function shorterOfTwo<T>(
  what: string,
  { measure, sum, share }: { measure: () => Promise<T>; sum: (run: T) => number; share: number },
): Promise<T> {
  const [first, second] = await Promise.all([measure(), measure()]);
  const shorter = Math.min(sum(first), sum(second));
  if (Math.abs(sum(first) - sum(second)) > share * shorter) throw notRepeatable(what, first, second);
  return sum(first) === shorter ? first : second;
}

function notRepeatable(what: string, first: unknown, second: unknown): BenchError {
  return new BenchError(
    "not-repeatable",
    `${what}: expected two equal runs, found ${JSON.stringify(first)} and ${JSON.stringify(second)}`,
  );
}

/** The table in the benchmark program that says how the compiler laid out XS's machine. */
export function machineLayout(bench: BuildResult): MachineLayout {
  const elf = bench.programs.find(({ role }) => role === "runtime")?.elf ?? "";
  const { symbols } = readElf(readFileSync(elf));
  const offset = symbol(symbols, LAYOUT_SYMBOL) - symbol(symbols, "_image_start");
  const payload = readFileSync(elf.replace(/\.elf$/, ".bin"));
  return readMachineLayout(payload.subarray(offset, offset + LAYOUT_BYTE_LENGTH));
}

function folderOf(built: BuildResult, role: ImageRole): string {
  const elf = built.programs.find((program) => program.role === role)?.elf ?? "";
  return join(elf, "..");
}

function imageSizes(built: BuildResult, role: ImageRole, archiveByteLength: number): ImageSizes {
  const folder = folderOf(built, role);
  const map = built.programs.find((program) => program.role === role)?.map;
  return {
    parts: imageParts(readFileSync(join(folder, `${role}.map`), "utf8"), archiveByteLength),
    root: rootCounts(readFileSync(join(folder, "root", "root.c"), "utf8")),
    flash: map?.flashUsed ?? 0,
  };
}

async function versions(root: string, { cpu, emulator }: Board): Promise<Record<string, string>> {
  const xs = readFileSync(join(root, "node_modules", "@agoric", "xsnap", "package.json"), "utf8");
  const compiler = await runCommand(`${cpu.compilerPrefix}gcc`, ["-dumpfullversion"]);
  const qemu = await runCommand(emulator.command, ["--version"]);
  return {
    XS: `13.3 of @agoric/xsnap ${(JSON.parse(xs) as { version: string }).version}`,
    mbedTLS: pinnedVersion("mbedtls"),
    [`${cpu.compilerPrefix}gcc`]: compiler.stdout.trim(),
    [emulator.command]: /version (\S+)/.exec(qemu.stdout)?.[1] ?? "unknown",
  };
}
