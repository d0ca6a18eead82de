/**
 * `holdfast run`: boots a board in its emulator, with its console on the terminal.
 *
 *     $ holdfast run --board virt-a7 --once
 *     holdfast rom start board=virt-a7 version=0.1.0
 *     holdfast root verified slot=a start=confirmed version=0.1.0+1 digest=6f1d...02ab key=0e2d...9c41 instructions=1203344
 *     holdfast runtime start instructions=1204001
 *     holdfast app up name=thermometer instructions=1399120 ram=81920
 *     virt-a7   verified 0.1.0+1, app up after 1399120 instructions, 81920 bytes of RAM
 */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { type Command, InvalidArgumentError } from "commander";
import { type Board, loadBoard } from "../../build/board.ts";
import { confirmedSlot, imageByteLimit } from "../../build/factory-flash.ts";
import { DeviceFolder } from "../../device/device-folder.ts";
import { type BootedBoard, type BootOptions, bootBoard, isReset } from "../../emulator/boot.ts";
import type { BootSummary } from "../../emulator/boot-report.ts";
import { attachTerminal, type TerminalInput } from "../../emulator/console-terminal.ts";
import type { FlashFiles } from "../../emulator/flash-image.ts";
import { type CommandContext, CommandError } from "../context.ts";
import type { Output } from "../output.ts";

/** Builds what a board runs, if anything is stale, and says where its flash files are. */
export type PrepareFlash = (request: {
  readonly root: string;
  readonly board: Board;
  /** Absolute path of the app's manifest; the project's own app when left out. */
  readonly app?: string;
  readonly output: Output;
}) => Promise<FlashFiles>;

interface RunOptions {
  readonly board: string;
  readonly device?: string;
  readonly app?: string;
  readonly image?: string;
  readonly once?: boolean;
  readonly icount?: boolean;
  readonly echo: boolean;
  readonly timeout?: number;
}

/** Slot that is started on a new device, where `--image` puts its file. */
const IMAGE_PARTITION = "runtime-a";
const BOOT_MILLISECONDS = 120_000;
/** A session that nobody ends is ended after a day. */
const SESSION_MILLISECONDS = 24 * 3600 * 1000;

/**
 * Makes the verb.
 *
 * @param prepare builds the board's flash files
 * @param input where a person's keys come from
 */
export function runVerb(prepare: PrepareFlash, input: TerminalInput = process.stdin) {
  return (program: Command, context: CommandContext): void => {
    program
      .command("run")
      .description("boot a board in the emulator with its console on the terminal (Ctrl-] quits)")
      .option("--board <name>", "board to boot", "virt-a7")
      .option("-d, --device <folder>", "boot this device (holdfast provision) on its own flash, which it keeps")
      .option("--app <manifest>", "manifest.json of the app (default: the project's)")
      .option("--image <file>", "boot this signed image instead of the one that was built")
      .option("--once", "end as soon as the app is up, or cannot come up; counts instructions")
      .option("--icount", "let time follow the instruction count: equal runs print equal bytes")
      .option("--no-echo", "on a terminal, do not show what is typed (for an app that does so itself)")
      .option("--timeout <seconds>", "end with exit code 3 when it takes longer", parseSeconds)
      .addHelpText(
        "after",
        "\nExamples:\n  holdfast run\n  holdfast run --board virt-rv32 --once --json\n  holdfast run --app ../my-app/manifest.json\n  holdfast run --image tampered.img --once\n  holdfast run --device devices/one\n\nExit codes: 0 the app came up, 1 refused or failed, 2 usage or set-up, 3 time-out.",
      )
      .action((options: RunOptions, command: Command) =>
        options.device === undefined
          ? run(options, prepare, input, context)
          : runDevice(options.device, options, command, input, context),
      );
  };
}

/** Boots a device on its own flash; with a board, an app or an image of another's it would not be that device. */
async function runDevice(
  path: string,
  options: RunOptions,
  command: Command,
  input: TerminalInput,
  context: CommandContext,
): Promise<void> {
  for (const other of ["board", "app", "image"])
    if (command.getOptionValueSource(other) === "cli")
      throw new CommandError("usage", `expected --device alone, found --${other} with it (see holdfast flash)`);
  const device = new DeviceFolder(context.root, path);
  try {
    const { board, flash } = device;
    await bootAndReport({ board, flash, inPlace: true }, options, input, context.output);
  } finally {
    device.close();
  }
}

async function run(
  options: RunOptions,
  prepare: PrepareFlash,
  input: TerminalInput,
  context: CommandContext,
): Promise<void> {
  const { output, root } = context;
  const board = loadBoard(root, options.board);
  const image = options.image === undefined ? undefined : readImage(resolve(options.image), board);
  const app = options.app === undefined ? {} : { app: resolve(options.app) };
  const flash = await prepare({ root, board, output, ...app });
  const changes = image === undefined ? {} : { changes: { [IMAGE_PARTITION]: image } };
  await bootAndReport({ board, flash, ...changes }, options, input, output);
}

async function bootAndReport(
  what: Pick<BootOptions, "board" | "flash" | "changes" | "inPlace">,
  options: RunOptions,
  input: TerminalInput,
  output: Output,
): Promise<void> {
  const limit = options.timeout === undefined ? undefined : options.timeout * 1000;
  const decoder = new StringDecoder("utf8");
  let booted = await bootBoard({
    ...what,
    icount: options.once === true || options.icount === true,
    timeoutMs: limit ?? BOOT_MILLISECONDS,
    ...(options.once === true ? {} : { lifeMs: limit ?? SESSION_MILLISECONDS }),
    onBytes: (bytes) => output.raw(decoder.write(Buffer.from(bytes))),
  });
  try {
    let inTime = true;
    while (options.once !== true && booted.outcome === "up" && inTime) {
      inTime = await converse(booted, input, options.echo, output);
      if (!isReset(booted)) break;
      booted = await booted.restart();
    }
    report(booted, inTime, output);
  } finally {
    await booted.close();
  }
}

/** Joins the terminal to the console until Ctrl-], power-off or the end of time; false for the last. */
async function converse(
  { emulator }: BootedBoard,
  input: TerminalInput,
  echo: boolean,
  output: Output,
): Promise<boolean> {
  if (input.isTTY === true) output.progress("console connected; Ctrl-] quits");
  const session = attachTerminal(
    input,
    (bytes) => emulator.write(bytes),
    echo ? (text) => output.raw(text) : undefined,
  );
  try {
    const end = await Promise.race([session.quit, emulator.exited]);
    return end === "quit" || end.reason !== "timeout";
  } finally {
    session.detach();
    output.raw("\n");
  }
}

/** Prints the answer and turns anything but success into the exit code that it stands for. */
function report({ outcome, summary }: BootedBoard, inTime: boolean, output: Output): void {
  const late = { code: "timeout", message: "expected the session to end in time, found it still running" };
  const error = summary.error ?? (inTime ? undefined : late);
  output.result(error === undefined ? summary : { ...summary, error });
  if (error !== undefined) throw new CommandError(error.code, error.message, outcome === "timeout" || !inTime ? 3 : 1);
  output.line(describe(summary));
}

function describe({ board, image, firstLineInstructions, ramUsedBytes }: BootSummary): string {
  const cost = firstLineInstructions === null ? "" : ` after ${firstLineInstructions} instructions`;
  return `${board}   verified ${image?.version}, app up${cost}, ${ramUsedBytes} bytes of RAM`;
}

function readImage(path: string, board: Board): Uint8Array {
  const slot = board.partitions.find(({ name }) => name === IMAGE_PARTITION);
  try {
    const { size } = statSync(path);
    if (slot === undefined)
      throw new CommandError("usage", `expected a board with a slot ${IMAGE_PARTITION}, found none`);
    const limit = imageByteLimit(slot.byteLength);
    if (size > limit)
      throw new CommandError(
        "image-too-large",
        `${path}: expected at most ${limit} bytes (slot ${slot.name} without its trailer), found ${size}`,
      );
    return confirmedSlot(readFileSync(path), slot.byteLength);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      "image-unreadable",
      `${path}: expected an image file, found ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text) || seconds <= 0 || seconds > 86_400)
    throw new InvalidArgumentError("expected seconds, more than 0 and at most 86400");
  return seconds;
}
