/**
 * `holdfast flash`: installs a signed image on a device, all of it or nothing.
 *
 *     $ holdfast flash --device device --image build/virt-a7/runtime.img
 *     installed runtime 1.2.4+0 in slot b, tested at the next boot; 1.2.3+0 runs on if the test fails
 */
import { type Command, Option } from "commander";
import { DeviceFolder } from "../../device/device-folder.ts";
import { FlashRefusal, type Installed, installImage } from "../../flash/install-image.ts";
import { readImageFile } from "../../image/image-file.ts";
import { type CommandContext, CommandError } from "../context.ts";

interface FlashOptions {
  readonly device: string;
  readonly image: string;
  readonly slot?: "a" | "b";
}

/** Adds the verb. */
export function register(program: Command, context: CommandContext): void {
  program
    .command("flash")
    .description("install a signed image on a device: into the slot that does not run, tested at the next boot")
    .requiredOption("-d, --device <folder>", "device that holdfast provision made")
    .requiredOption("-i, --image <file>", "signed image for the root of trust or the runtime")
    .addOption(new Option("-s, --slot <slot>", "refuse to write another slot than this").choices(["a", "b"]))
    .addHelpText(
      "after",
      `
The image is verified with the device's own code and counters before a byte is written, and read back afterwards. The
flash file is replaced in one step, so that a full disk or a kill leaves the device as it was.

Examples:
  holdfast flash --device device --image build/virt-a7/runtime.img
  holdfast flash --device device --image build/virt-rv32/runtime-b.img --slot b
  holdfast flash --device device --image build/virt-a7/root.img --json

Exit codes: 0 installed, 1 refused, with the reason, 2 usage, device or file.`,
    )
    .action((options: FlashOptions) => flash(options, context));
}

function flash({ device, image, slot }: FlashOptions, { root, output }: CommandContext): void {
  const bytes = Uint8Array.from(readImageFile(image));
  const folder = new DeviceFolder(root, device);
  let installed: Installed;
  try {
    installed = installImage(folder, bytes, slot);
  } catch (error) {
    if (!(error instanceof FlashRefusal)) throw error;
    throw new CommandError(error.code, `${image} refused: ${error.code}: ${error.message}`, 1);
  } finally {
    folder.close();
  }
  const { role, version, running } = installed;
  output.line(
    `installed ${role} ${version} in slot ${installed.slot}, tested at the next boot; ${running} runs on if the test fails`,
  );
  output.line(`digest    ${installed.digest}`);
  output.result({ device: folder.record.device, ...installed });
}
