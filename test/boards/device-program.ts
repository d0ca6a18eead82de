/** Builds a test program for a board, boots it verified, and collects the tests that it reports on its console. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Board } from "../../host-tools/build/board.ts";
import { type BuildResult, buildBoard } from "../../host-tools/build/build.ts";
import { Emulator } from "../../host-tools/emulator/emulator.ts";
import { copyFlashFiles, type FlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";

/** Absolute path of the repository. */
export const root = resolve(import.meta.dirname, "../..");

export interface DeviceProgram {
  readonly board: string;
  /** Folder below test/ that holds runtime.json and app.json. */
  readonly folder: string;
  readonly timeoutMs: number;
  /** Guest time follows the instruction count; default true. */
  readonly icount?: boolean;
}

/** One start of a program that was built. */
export interface DeviceBoot {
  readonly board: Board;
  /** Files that the board may write to, so that the next boot finds what this one wrote. */
  readonly flash: FlashFiles;
  readonly timeoutMs: number;
  /** Guest time follows the instruction count; default true. */
  readonly icount?: boolean;
  /** The board has a random source; default true. */
  readonly random?: boolean;
  /** Called when the emulator runs, before the first byte on its console. */
  readonly onStart?: (emulator: Emulator) => void;
}

/** One `test pass NAME` or `test fail NAME DETAIL` line. */
export interface DeviceTest {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

export interface DeviceRun {
  readonly tests: readonly DeviceTest[];
  /** True when the program said that it reached its end. */
  readonly done: boolean;
  readonly console: readonly string[];
}

/** Builds a test program; its flash files are to be copied before a run. */
export function buildDeviceProgram(board: string, folder: string): Promise<BuildResult> {
  const source = join(root, "test", folder);
  return buildBoard({
    root,
    board,
    // The same keys for all programs, so that they share one boot ROM and one root of trust.
    keys: loadBuildKeys(root),
    manifests: { runtime: join(source, "runtime.json") },
    app: join(source, "app.json"),
    folder: join(root, "build", "test", folder, board),
    progress: () => {},
  });
}

/** Runs until the program says `test done`, the board is off, or time is over. */
export async function bootDeviceProgram(options: DeviceBoot): Promise<DeviceRun> {
  const { board, flash, timeoutMs, icount = true, random = true, onStart } = options;
  const emulator = await Emulator.start({ board, flash, icount, random, timeoutMs });
  try {
    onStart?.(emulator);
    await emulator.waitForLine((line) => line === "test done", timeoutMs).catch(() => undefined);
  } finally {
    await emulator.close();
  }
  return readRun(emulator.lines.all);
}

/** Builds and runs a program on a fresh copy of its flash. */
export async function runDeviceProgram({ board, folder, timeoutMs, icount = true }: DeviceProgram): Promise<DeviceRun> {
  const built = await buildDeviceProgram(board, folder);
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-test-"));
  try {
    const flash = copyFlashFiles(built.board, built.flash, scratch);
    return await bootDeviceProgram({ board: built.board, flash, icount, timeoutMs });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readRun(lines: readonly string[]): DeviceRun {
  const tests = lines.flatMap((line) => {
    const match = /^test (pass|fail) (\S+) ?(.*)$/.exec(line);
    return match === null ? [] : [{ name: match[2] ?? "", passed: match[1] === "pass", detail: match[3] ?? "" }];
  });
  return { tests, done: lines.includes("test done"), console: lines };
}
