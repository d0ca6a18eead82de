/** Takes all measurements of one board, each run twice. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Board, ImageRole } from "../build/board.ts";
import { type BuildResult, buildBoard } from "../build/build.ts";
import { readElf } from "../build/elf.ts";
import { buildHostCompilers } from "../build/host-compilers.ts";
import { runCommand } from "../setup/run-command.ts";
import { pinnedVersion } from "../setup/sources.ts";
import { BenchError } from "./bench-error.ts";
import { benchKey } from "./bench-key.ts";
import { type BootProfile, profileBoot, symbol } from "./boot-profile.ts";
import { type DeviceBenchmarks, runDeviceBenchmarks } from "./device-benchmarks.ts";
import { imageParts, type PartSize, type RootCounts, rootCounts } from "./image-parts.ts";
import { LAYOUT_BYTE_LENGTH, LAYOUT_SYMBOL, type MachineLayout, readMachineLayout } from "./machine-layout.ts";
import { type PositionCost, positionCost } from "./position-cost.ts";

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
  /** Bytes that the boot stage hashes, about: the signed image. */
  readonly imageByteLength: number;
  readonly boot: BootProfile;
  readonly device: DeviceBenchmarks;
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
  progress(`counting ${board.name}: boot`);
  const boot = await twice(`boot of ${board.name}`, () => profileBoot(product, layout));
  progress(`counting ${board.name}: benchmarks`);
  const device = await twice(`benchmarks of ${board.name}`, () => runDeviceBenchmarks(bench));
  const { compile } = await buildHostCompilers(root, progress);
  return {
    board: board.name,
    description: board.description,
    versions: await versions(root, board),
    images: {
      boot: imageSizes(product, "boot", 0),
      runtime: imageSizes(product, "runtime", product.archiveByteLength),
    },
    imageByteLength: product.image.byteLength,
    boot,
    device,
    positions: await positionCost(join(folderOf(product, "runtime"), "modules"), compile),
  };
}

/** The product as it is, and the benchmark program, both signed with the benchmark key. */
export async function buildBoth(
  options: MeasureOptions,
): Promise<{ readonly product: BuildResult; readonly bench: BuildResult }> {
  const { root, board, progress } = options;
  const folder = join(root, "build", "bench", board);
  const common = { root, board, key: benchKey(), progress };
  const product = await buildBoard({ ...common, folder: join(folder, "product") });
  const runtime = join(root, "test", "bench", "runtime.json");
  const bench = await buildBoard({ ...common, runtime, folder: join(folder, "program") });
  return { product, bench };
}

/** Equal runs must count equally, or the numbers are no measurements. @throws BenchError not-repeatable */
async function twice<T>(what: string, measure: () => Promise<T>): Promise<T> {
  const [first, second] = [await measure(), await measure()];
  if (!isDeepStrictEqual(first, second))
    throw new BenchError(
      "not-repeatable",
      `${what}: expected two equal runs, found ${JSON.stringify(first)} and ${JSON.stringify(second)}`,
    );
  return first;
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
