/** Boots an emulated board and waits until its app is up, or until it is clear that it will not be. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Board } from "../build/board.ts";
import { type BootOutcome, BootReport, type BootSummary } from "./boot-report.ts";
import { Emulator } from "./emulator.ts";
import { EmulatorError } from "./emulator-error.ts";
import { copyFlashFiles, type FlashContents, type FlashFiles } from "./flash-image.ts";

export interface BootOptions {
  readonly board: Board;
  /** Flash files as built; the board runs on copies, so they stay as they are. */
  readonly flash: FlashFiles;
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
  /** The copies that this run reads and writes; gone after `close`. */
  readonly flash: FlashFiles;
  /** Ends the emulator and removes its files; fine to call twice. */
  close(): Promise<void>;
}

/** Milliseconds that the rest of a failure's report may take: all boards but one with a failed app turn themselves off. */
const REPORT_MILLISECONDS = 1000;
const APP_REPORT_MILLISECONDS = 200;

/**
 * Boots a board.
 *
 * @throws EmulatorError when the emulator cannot start; OutputFileError when the flash files cannot be copied. A
 * refused image or a failed app is an outcome, not an error.
 */
export async function bootBoard(options: BootOptions): Promise<BootedBoard> {
  const { board, icount, timeoutMs } = options;
  const folder = mkdtempSync(join(tmpdir(), "holdfast-run-"));
  const removeFolder = () => {
    process.off("exit", removeFolder);
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", removeFolder);
  let started: Emulator | undefined;
  try {
    const flash = copyFlashFiles(board, options.flash, folder, options.changes);
    const lifeMs = options.lifeMs ?? timeoutMs + 5_000;
    const emulator = await Emulator.start({
      board,
      flash,
      icount,
      timeoutMs: lifeMs,
      extraArgs: options.extraArgs ?? [],
    });
    started = emulator;
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
      close: async () => {
        await emulator.close();
        removeFolder();
      },
    };
  } catch (error) {
    await started?.close();
    removeFolder();
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
