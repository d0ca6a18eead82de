/**
 * `holdfast start` (`npm start`): the project's main job in one go, on every board; ends by itself.
 *
 *     $ npm start
 *     1  Build: TypeScript to a signed image
 *     2  Boot: the boot stage verifies the image, then runs it
 *     3  Talk: the app answers on its serial port
 *     4  Tamper: one flipped bit
 *     virt-a7   refused: digest-mismatch, and nothing of the image ran
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Command } from "commander";
import { type Board, boardNames } from "../../build/board.ts";
import { imagePartition } from "../../build/board-tables.ts";
import { type BuildResult, buildBoard } from "../../build/build.ts";
import { confirmedSlot } from "../../build/factory-flash.ts";
import { replaceFile } from "../../build/replace-file.ts";
import { type BootedBoard, bootBoard } from "../../emulator/boot.ts";
import type { BootSummary } from "../../emulator/boot-report.ts";
import { EmulatorError } from "../../emulator/emulator-error.ts";
import { flipBit, imageRegions } from "../../image/image-regions.ts";
import { ensureEnvironment } from "../../setup/environment.ts";
import { type CommandContext, CommandError } from "../context.ts";
import { signingKeys } from "./build.ts";
import {
  type Exchange,
  type MeasuredBoot,
  showBoots,
  showBuilds,
  showNext,
  showTalks,
  showTampering,
  type Tampering,
} from "./start-text.ts";

const BOOT_MILLISECONDS = 120_000;
const ANSWER_MILLISECONDS = 15_000;
/** The app blinks twice a second. */
const BLINK_WATCH_MILLISECONDS = 1_200;
const FLIPPED_BIT = 0;

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  program
    .command("start")
    .description("build, boot verified, talk to the app, and see a changed image refused, on every board")
    .addHelpText(
      "after",
      "\nExamples:\n  npm start\n  holdfast start --json | jq '.boards[].tampered.summary.error.code'\n\nExit codes: 0 all of it happened, 1 a boot was not what it must be, 2 set-up or sources, 3 time-out.",
    )
    .action(() => start(context));
}

async function start({ output, root }: CommandContext): Promise<void> {
  await ensureEnvironment(["npm", "debian", "sources"], output);
  const progress = (text: string): void => output.progress(text);
  const keys = signingKeys(root, [], progress);
  // The conversation below is with this app, whatever the project's own manifest includes by now.
  const app = join(root, "firmware", "apps", "thermometer", "manifest.json");
  const builds: BuildResult[] = [];
  for (const board of boardNames(root)) builds.push(await buildBoard({ root, board, app, keys, progress }));
  showBuilds(output, root, builds);

  const boots = await each(builds, measureBoot);
  showBoots(output, boots);

  const talks = await each(builds, talk);
  showTalks(output, boots, talks);

  const tamperings = await each(builds, (build) => tamper(root, build));
  showTampering(output, tamperings);
  showNext(output, tamperings);

  output.result({
    boards: builds.map(({ board, image, programs, archiveByteLength }, index) => ({
      board: board.name,
      image: { ...image, path: relative(root, image.path) },
      archiveByteLength,
      programs: programs.map(({ map }) => map),
      boot: boots[index],
      serial: talks[index],
      tampered: tamperings[index],
    })),
  });
}

/** One board after the other: the timing of one is not to suffer from the other. */
async function each<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await action(item));
  return results;
}

async function measureBoot({ board, flash }: BuildResult): Promise<MeasuredBoot> {
  const began = performance.now();
  const booted = await bootBoard({ board, flash, icount: true, timeoutMs: BOOT_MILLISECONDS });
  const wallMilliseconds = Math.round(performance.now() - began);
  await booted.close();
  return { summary: requireUp(booted), wallMilliseconds };
}

/** Real time, so that the app's answers and its blinking come at their pace. */
async function talk({ board, flash }: BuildResult): Promise<readonly Exchange[]> {
  const booted = await bootBoard({
    board,
    flash,
    icount: false,
    timeoutMs: BOOT_MILLISECONDS,
    lifeMs: BOOT_MILLISECONDS + 2 * ANSWER_MILLISECONDS,
  });
  try {
    requireUp(booted);
    const exchanges = [await ask(booted, "temperature")];
    if (!hasLight(board)) return exchanges;
    exchanges.push(await ask(booted, "blinks"));
    await new Promise((done) => setTimeout(done, BLINK_WATCH_MILLISECONDS));
    exchanges.push(await ask(booted, "blinks"));
    return exchanges;
  } finally {
    await booted.close();
  }
}

async function ask({ emulator, summary: { board } }: BootedBoard, sent: string): Promise<Exchange> {
  emulator.write(`${sent}\n`);
  try {
    return { sent, answer: await emulator.waitForLine((line) => line.startsWith(`${sent} `), ANSWER_MILLISECONDS) };
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error;
    throw new CommandError(
      "serial-silent",
      `${board}: ${sent}: ${error.message}`,
      error.code === "console-timeout" ? 3 : 1,
    );
  }
}

function hasLight({ devices }: Board): boolean {
  return devices.some(({ name }) => name === "gpio");
}

/** Changes the middle of the app's byte code, where only the signature can tell. */
async function tamper(root: string, { board, flash, image }: BuildResult): Promise<Tampering> {
  const bytes = readFileSync(image.path);
  const regions = imageRegions(bytes);
  const region = regions.find(({ name }) => name === "archive") ?? regions[0];
  if (region === undefined) throw new CommandError("image-empty", `${image.path}: expected an image, found nothing`);
  const byteOffset = region.offset + Math.floor(region.byteLength / 2);
  const changed = flipBit(bytes, byteOffset, FLIPPED_BIT);
  const path = join(root, "build", board.name, "tampered.img");
  replaceFile(path, changed);
  const booted = await bootBoard({
    board,
    flash,
    changes: { "runtime-a": confirmedSlot(changed, imagePartition(board, "runtime", "a").byteLength) },
    icount: true,
    timeoutMs: BOOT_MILLISECONDS,
  });
  await booted.close();
  const { summary, emulator } = booted;
  const ran = emulator.lines.all.some((line) => /^holdfast (?:runtime|app) /.test(line));
  if (summary.verified || summary.error === undefined || ran)
    throw new CommandError(
      "tampering-accepted",
      `${board.name}: expected the root of trust to refuse an image with byte ${byteOffset} changed, found it accepted`,
      1,
    );
  return { path: relative(root, path), byteOffset, bit: FLIPPED_BIT, region: region.name, summary };
}

function requireUp({ outcome, summary }: BootedBoard): BootSummary {
  if (outcome === "up") return summary;
  const { code, message } = summary.error ?? { code: "boot-failed", message: "expected the app to come up" };
  throw new CommandError(code, `${summary.board}: ${message}`, outcome === "timeout" ? 3 : 1);
}
