/** The `holdfast` command line: registers the verbs, runs one, turns errors into one line and an exit code. */

import { Command, CommanderError } from "commander";
import packageDescription from "../../package.json" with { type: "json" };
import { buildBoard } from "../build/build.ts";
import type { FlashFiles } from "../emulator/flash-image.ts";
import { ensureEnvironment } from "../setup/environment.ts";
import { register as registerBench } from "./commands/bench.ts";
import { register as registerBoard } from "./commands/board.ts";
import { register as registerBuild, signingKeys } from "./commands/build.ts";
import { register as registerCapability } from "./commands/capability.ts";
import { register as registerDevice } from "./commands/device.ts";
import { register as registerDoctor } from "./commands/doctor.ts";
import { register as registerFlash } from "./commands/flash.ts";
import { register as registerImage } from "./commands/image.ts";
import { register as registerKeys } from "./commands/keys.ts";
import { register as registerLint } from "./commands/lint.ts";
import { register as registerPowerfail } from "./commands/powerfail.ts";
import { type BuildProduct, provisionVerb } from "./commands/provision.ts";
import { type PrepareFlash, runVerb } from "./commands/run.ts";
import { register as registerStart } from "./commands/start.ts";
import { register as registerTcb } from "./commands/tcb.ts";
import { register as registerTest } from "./commands/test.ts";
import { type CommandContext, CommandError } from "./context.ts";
import { Output } from "./output.ts";

/** The project as it is, with the app that was named: what a device is made from. */
const buildProduct: BuildProduct = async ({ root, board, app, keys: named, output }) => {
  await ensureEnvironment(["npm", "debian", "sources"], output);
  const progress = (text: string): void => output.progress(text);
  const keys = signingKeys(root, named, progress);
  return buildBoard({ root, board, keys, progress, ...(app === undefined ? {} : { app }) });
};

/** What `run` boots. */
async function buildFlash({ root, board, app, output }: Parameters<PrepareFlash>[0]): Promise<FlashFiles> {
  return (await buildProduct({ root, board: board.name, app, keys: [], output })).flash;
}

type Register = (program: Command, context: CommandContext) => void;

/** In the order of `--help`. */
const verbs: readonly Register[] = [
  registerBoard,
  registerBuild,
  registerKeys,
  registerImage,
  runVerb(buildFlash),
  provisionVerb(buildProduct),
  registerDevice,
  registerCapability,
  registerFlash,
  registerStart,
  registerLint,
  registerTest,
  registerPowerfail,
  registerBench,
  registerTcb,
  registerDoctor,
];

const examples = `
Examples:
  npm start                                     all of it at once, on every board
  holdfast doctor                               what is missing on this machine
  holdfast board list                           boards that can be built for
  holdfast build --board virt-a7                sources to a signed image
  holdfast run --board virt-a7 --once           boot it verified in the emulator
  holdfast run --board virt-a7 --once --json    the same, for scripts

Exit codes: 0 ok, 1 the check failed, 2 usage or set-up, 3 time-out.`;

/** Builds the program without running it. `print` takes the help texts and the version, which commander writes in pieces. */
export function createProgram(
  context: CommandContext,
  registers: readonly Register[] = verbs,
  print = (text: string): void => context.output.raw(text),
): Command {
  const program = new Command("holdfast");
  program
    .description("Builds, signs, boots and looks after Holdfast devices.")
    .version(packageDescription.version)
    .showHelpAfterError(false)
    .exitOverride()
    // What stands behind a verb is the verb's own.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: print,
      writeErr: (text) => context.output.progress(text.trimEnd()),
      // Usage errors come back as CommanderError and are printed once, by `runProgram`.
      outputError: () => {},
    })
    .addHelpText("after", examples);
  for (const register of registers) register(program, context);
  addJsonOption(program);
  return program;
}

/** Every command takes --json, so that no verb can forget it; `Output` has already been told. */
function addJsonOption(command: Command): void {
  for (const child of command.commands) addJsonOption(child);
  if (command.options.some((option) => option.long === "--json")) return;
  command.option("--json", "print exactly one JSON object on standard output");
}

/** Runs one command line (without node and script) and returns the exit code; never throws. */
export async function runProgram(context: CommandContext, args: readonly string[], registers = verbs): Promise<number> {
  const { output } = context;
  let printed = "";
  const print = (text: string): void => {
    if (output.json) printed += text;
    else output.raw(text);
  };
  try {
    await createProgram(context, registers, print).parseAsync([...args], { from: "user" });
    if (output.json && !output.hasResult) output.result({});
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (output.json && error instanceof CommanderError && error.exitCode === 0)
      output.result({ text: printed.trimEnd() });
    return reportFailure(output, error);
  }
}

function reportFailure(output: Output, error: unknown): number {
  if (error instanceof CommandError) {
    output.failure(error.code, error.message);
    return error.exitCode;
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // Commander has printed the help text itself when a verb is missing, which only a person can read.
    if (error.code !== "commander.help")
      output.failure("usage", `${error.message.replace(/^error: /, "")} (see --help)`);
    else if (output.json) output.failure("usage", "expected a verb, found none (see --help)");
    return 2;
  }
  if (error instanceof Error && typeof (error as { code?: unknown }).code === "string") {
    output.failure((error as unknown as { code: string }).code, error.message);
    return 2;
  }
  // A mistake in the tools, not in what the person did: the stack is what helps.
  output.progress(error instanceof Error ? (error.stack ?? error.message) : String(error));
  output.failure("internal", error instanceof Error ? error.message : String(error));
  return 2;
}

/** Called by host-tools/launch.mjs with the repository's path and the arguments. Ends the process. */
export async function main(root: string, args: readonly string[]): Promise<never> {
  const end = args.indexOf("--");
  const json = (end < 0 ? args : args.slice(0, end)).includes("--json");
  const output = new Output({ json, out: process.stdout, error: process.stderr });
  // A reader that goes away (`holdfast ... | head`) is not an error of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 2));
  // Ending through `exit` lets temporary files go; emulators go with this process in any case.
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }))
    process.once(signal, () => process.exit(128 + number));
  process.exit(await runProgram({ output, root }, args));
}
