/**
 * `holdfast provision`: makes a device, a folder with its flash and its public record.
 *
 *     $ holdfast provision --board virt-a7 --out device
 *     ...
 *     made device: virt-a7, provisioned
 *     device    b40c...2574
 */
import { relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { loadBoard } from "../../build/board.ts";
import type { BuildResult } from "../../build/build.ts";
import { DeviceError } from "../../device/device-error.ts";
import { DeviceFolder } from "../../device/device-folder.ts";
import type { DeviceRecord } from "../../device/device-record.ts";
import { advanceLifecycle, readLifecycle } from "../../device/device-state.ts";
import { type ProvisionOptions, provisionDevice, requireAbsent } from "../../device/provision.ts";
import { type CommandContext, CommandError } from "../context.ts";
import type { Output } from "../output.ts";
import { repeat } from "./image-options.ts";

/** Builds what the device is made from, if anything is stale. */
export type BuildProduct = (request: {
  readonly root: string;
  readonly board: string;
  readonly app: string | undefined;
  readonly keys: readonly string[];
  readonly output: Output;
}) => Promise<Pick<BuildResult, "board" | "flash" | "trust">>;

interface ProvisionVerbOptions {
  readonly board: string;
  readonly out: string;
  readonly app?: string;
  readonly key?: readonly string[];
  readonly secure?: boolean;
  readonly timeout: number;
}

const FIRST_BOOT_SECONDS = 120;

/** Makes the verb. @param build builds what the device is made from */
export function provisionVerb(build: BuildProduct) {
  return (program: Command, context: CommandContext): void => {
    program
      .command("provision")
      .description("make a device: flash files, one boot in which it makes its own secret, its public record")
      .requiredOption("--board <name>", "board of the device")
      .requiredOption("-o, --out <folder>", "where the device goes; nothing may be there yet")
      .option("--app <manifest>", "manifest.json of the app (default: the project's)")
      .option("--key <file>", "private key that signs what it is for; may be repeated", repeat)
      .option("--secure", "also close the device: lifecycle secured")
      .option("--timeout <seconds>", "time for the first boot", parseSeconds, FIRST_BOOT_SECONDS)
      .addHelpText(
        "after",
        `
On an emulated board the device's secret lies in its flash file: keep the folder as you would keep the device.

Examples:
  holdfast provision --board virt-a7 --out devices/one
  holdfast provision --board virt-rv32 --out devices/two --secure --json
  holdfast run --device devices/one

Exit codes: 0 ok, 1 the first boot failed, 2 usage, set-up, or there is something in the way.`,
      )
      .action((options: ProvisionVerbOptions) => provision(options, build, context));
  };
}

async function provision(
  options: ProvisionVerbOptions,
  build: BuildProduct,
  { root, output }: CommandContext,
): Promise<void> {
  loadBoard(root, options.board);
  const path = resolve(options.out);
  // Once more at the end; now, so that nobody waits for a build in vain.
  requireAbsent(path);
  const app = options.app === undefined ? undefined : resolve(options.app);
  const product = await build({ root, board: options.board, app, keys: options.key ?? [], output });
  output.progress(`booting ${options.board} for the first time`);
  const record = await firstBoot({
    build: product,
    path,
    now: new Date(),
    timeoutMs: options.timeout * 1000,
    onBytes: (bytes) => {
      if (!output.json) output.raw(Buffer.from(bytes).toString("utf8"));
    },
  });
  const folder = new DeviceFolder(root, path);
  try {
    const { lifecycle } =
      options.secure === true
        ? folder.change((open) => advanceLifecycle(open, "secured"))
        : readLifecycle(folder.look());
    const short = relative(process.cwd(), path);
    output.line(`made ${short.startsWith("..") ? path : short}: ${record.board}, ${lifecycle}`);
    output.line(`device    ${record.device}`);
    output.result({ path, lifecycle, ...record });
  } finally {
    folder.close();
  }
}

/** A device that does not come up is a failed check, not a mistake in the usage. */
async function firstBoot(options: ProvisionOptions): Promise<DeviceRecord> {
  try {
    return await provisionDevice(options);
  } catch (error) {
    if (error instanceof DeviceError && error.code === "provision-failed")
      throw new CommandError(error.code, error.message, 1);
    throw error;
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text) || seconds <= 0 || seconds > 86_400)
    throw new InvalidArgumentError("expected seconds, more than 0 and at most 86400");
  return seconds;
}
