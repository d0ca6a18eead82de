/** Boots an emulated board and waits until its app is up, or until it is clear that it will not be. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Board } from "../build/board.ts";
import { type BootOutcome, BootReport, type BootSummary, RESET_CODE } from "./boot-report.ts";
import { Emulator } from "./emulator.ts";
import { EmulatorError } from "./emulator-error.ts";
import { copyFlashFiles, type FlashContents, type FlashFiles } from "./flash-image.ts";

export interface BootOptions {
  readonly board: Board;
  /** Flash files as built; the board runs on copies, so they stay as they are, unless it runs `inPlace`. */
  readonly flash: FlashFiles;
  /** The board writes to `flash` itself: a device that remembers. */
  readonly inPlace?: boolean;
  /** How often the board may reset itself on its way to the app; default 3, as an update that fails its test needs. */
  readonly resets?: number;
  /** Partitions to replace in the copies, such as a tampered runtime image. */
  readonly changes?: FlashContents;
  /** Guest time follows the instruction count: needed for instruction numbers. */
  readonly icount: boolean;
  /** Milliseconds that the boot may take. */
  readonly timeoutMs: number;
  /** Milliseconds that the emulator may run in all; default: as the boot, and a little more. */
  readonly lifeMs?: number;
  readonly extraArgs?: readonly string[];
  /** Called with the console's bytes as they come. */
  readonly onBytes?: (bytes: Uint8Array) => void;
}

/** A board whose boot is over; its emulator still runs when the app came up. */
export interface BootedBoard {
  /** `up` turns to `failed` when the runtime stops later. */
  readonly outcome: BootOutcome;
  /** As of now: gains an error when the runtime stops later. */
  readonly summary: BootSummary;
  readonly emulator: Emulator;
  /** The files that this run reads and writes; copies are gone after `close`. */
  readonly flash: FlashFiles;
  /** Starts the board again on the same flash, once its emulator has ended; `this` is of no use afterwards. */
  restart(): Promise<BootedBoard>;
  /** Ends the emulator and removes its files; fine to call twice. */
  close(): Promise<void>;
}

/** Milliseconds that the rest of a failure's report may take: all boards but one with a failed app turn themselves off. */
const REPORT_MILLISECONDS = 1000;
const APP_REPORT_MILLISECONDS = 200;
const DEFAULT_RESETS = 3;

/**
 * Boots a board. An emulator ends where a board would reset: it is started again then, as a board starts again.
 *
 * @throws EmulatorError when the emulator cannot start; OutputFileError when the flash files cannot be copied. A
 * refused image or a failed app is an outcome, not an error.
 */
export async function bootBoard(options: BootOptions): Promise<BootedBoard> {
  if (options.inPlace === true) return bootOn(options.flash, options, () => {});
  const folder = mkdtempSync(join(tmpdir(), "holdfast-run-"));
  const removeFolder = () => {
    process.off("exit", removeFolder);
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", removeFolder);
  try {
    const flash = copyFlashFiles(options.board, options.flash, folder, options.changes);
    return await bootOn(flash, options, removeFolder);
  } catch (error) {
    removeFolder();
    throw error;
  }
}

async function bootOn(flash: FlashFiles, options: BootOptions, removeFiles: () => void): Promise<BootedBoard> {
  for (let resets = options.resets ?? DEFAULT_RESETS; ; resets -= 1) {
    const booted = await bootOnce(flash, options, removeFiles);
    if (resets === 0 || !isReset(booted)) return booted;
    await booted.emulator.close();
  }
}

/** True when the board reset itself instead of coming up, or later. */
export function isReset({ outcome, summary }: BootedBoard): boolean {
  return outcome === "failed" && summary.error?.code.startsWith(RESET_CODE) === true;
}

async function bootOnce(flash: FlashFiles, options: BootOptions, removeFiles: () => void): Promise<BootedBoard> {
  const { board, icount, timeoutMs } = options;
  const lifeMs = options.lifeMs ?? timeoutMs + 5_000;
  const emulator = await Emulator.start({
    board,
    flash,
    icount,
    timeoutMs: lifeMs,
    extraArgs: options.extraArgs ?? [],
  });
  try {
    if (options.onBytes) emulator.lines.onBytes(options.onBytes);
    const report = new BootReport(board.name, icount);
    for (const line of emulator.lines.all) report.take(line);
    emulator.lines.onLine((line) => report.take(line));
    await follow(emulator, report, timeoutMs);
    return {
      get outcome() {
        return report.outcome ?? "failed";
      },
      get summary() {
        return report.summary();
      },
      emulator,
      flash,
      restart: async () => {
        await emulator.close();
        return bootOn(flash, options, removeFiles);
      },
      close: async () => {
        await emulator.close();
        removeFiles();
      },
    };
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

async function follow(emulator: Emulator, report: BootReport, timeoutMs: number): Promise<void> {
  try {
    await emulator.lines.waitFor(() => report.outcome, timeoutMs);
    if (report.outcome !== "failed") return;
    const appFailed = report.summary().error?.code === "app-failed";
    await emulator.lines.waitFor(() => undefined, appFailed ? APP_REPORT_MILLISECONDS : REPORT_MILLISECONDS);
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    report.stop(error);
  }
}
