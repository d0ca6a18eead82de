/** The Debian packages that building, booting and testing need: found by what they bring, installed where this is possible. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Output } from "../cli/output.ts";
import { lastLine, runCommand } from "./run-command.ts";
import { SetupError } from "./setup-error.ts";

/** Something that the package brings; asked of the machine, so that tools from elsewhere than Debian count too. */
type Probe =
  | { readonly command: string }
  /** A file that the compiler finds on its own search path. */
  | { readonly compiler: string; readonly file: string }
  /** A program run that must succeed. */
  | { readonly run: readonly [string, ...string[]] };

interface DebianPackage {
  readonly name: string;
  readonly purpose: string;
  readonly probe: Probe;
  /** Arguments that make the command print its version. */
  readonly versionArgs?: readonly string[];
}

export const debianPackages: readonly DebianPackage[] = [
  {
    name: "gcc",
    purpose: "compiles the byte code compiler for this machine",
    probe: { command: "gcc" },
    versionArgs: ["--version"],
  },
  {
    name: "libc6-dev",
    purpose: "C library headers for this machine",
    probe: { compiler: "gcc", file: "crt1.o" },
  },
  {
    name: "binutils",
    purpose: "assembler and linker for this machine",
    probe: { command: "ld" },
    versionArgs: ["--version"],
  },
  {
    name: "gcc-arm-none-eabi",
    purpose: "compiles for virt-a7",
    probe: { command: "arm-none-eabi-gcc" },
    versionArgs: ["--version"],
  },
  {
    name: "libnewlib-arm-none-eabi",
    purpose: "C library of virt-a7",
    probe: { compiler: "arm-none-eabi-gcc", file: "nosys.specs" },
  },
  {
    name: "gcc-riscv64-unknown-elf",
    purpose: "compiles for virt-rv32",
    probe: { command: "riscv64-unknown-elf-gcc" },
    versionArgs: ["--version"],
  },
  {
    name: "picolibc-riscv64-unknown-elf",
    purpose: "C library of virt-rv32",
    probe: { compiler: "riscv64-unknown-elf-gcc", file: "picolibc.specs" },
  },
  {
    name: "qemu-system-arm",
    purpose: "emulates virt-a7",
    probe: { command: "qemu-system-arm" },
    versionArgs: ["--version"],
  },
  {
    name: "qemu-system-misc",
    purpose: "emulates virt-rv32",
    probe: { command: "qemu-system-riscv32" },
    versionArgs: ["--version"],
  },
  { name: "bzip2", purpose: "unpacks mbedTLS", probe: { command: "bzip2" } },
  { name: "xz-utils", purpose: "unpacks lwIP", probe: { command: "xz" }, versionArgs: ["--version"] },
  { name: "patch", purpose: "applies Debian's patches", probe: { command: "patch" }, versionArgs: ["--version"] },
  { name: "openssl", purpose: "independent judge of keys", probe: { command: "openssl" }, versionArgs: ["version"] },
  { name: "python3", purpose: "runs imgtool", probe: { command: "python3" }, versionArgs: ["--version"] },
  {
    name: "python3-venv",
    purpose: "installs imgtool apart from the system",
    probe: { run: ["python3", "-c", "import ensurepip, venv"] },
  },
];

/** Absolute path of a command on `PATH`. */
export function findCommand(name: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

async function probeSucceeds(probe: Probe): Promise<boolean> {
  if ("command" in probe) return findCommand(probe.command) !== undefined;
  if ("run" in probe) {
    const [command, ...args] = probe.run;
    return (await runCommand(command, args)).exitCode === 0;
  }
  if (findCommand(probe.compiler) === undefined) return false;
  const { stdout } = await runCommand(probe.compiler, [`-print-file-name=${probe.file}`]);
  // A compiler that does not find the file prints the bare name back.
  return stdout.includes("/") && existsSync(stdout.trim());
}

export interface PackageState {
  readonly name: string;
  readonly purpose: string;
  readonly found: boolean;
  /** Version line of its command; empty when it has none or is missing. */
  readonly version: string;
}

/** State of every package, in the order of the table above. `withVersions` costs one program run each. */
export async function inspectPackages(withVersions: boolean): Promise<readonly PackageState[]> {
  return Promise.all(
    debianPackages.map(async ({ name, purpose, probe, versionArgs }) => {
      const found = await probeSucceeds(probe);
      let version = "";
      if (found && withVersions && versionArgs !== undefined && "command" in probe) {
        const { stdout, stderr } = await runCommand(probe.command, versionArgs);
        const firstLine = (stdout || stderr).split("\n")[0] ?? "";
        version = /\d+\.\d[\w.+~-]*/.exec(firstLine.replace(/\([^)]*\)/g, ""))?.[0] ?? firstLine.trim();
      }
      return { name, purpose, found, version };
    }),
  );
}

/** Of apt's output: totals, downloads of 10 MB and more, packages that we asked for, errors. */
const worthShowing = new RegExp(
  `^(Need to get|Fetched|E:|Get:.*\\[\\d{2,}(\\.\\d+)? MB\\]|Setting up (${debianPackages.map(({ name }) => name).join("|")}) )`,
);

/** The line that a person with the right to install runs. */
export function installLine(packages: readonly string[]): string {
  return `sudo apt-get update && sudo apt-get install --no-install-recommends ${packages.join(" ")}`;
}

/**
 * Installs what is missing when this is root on a machine with apt.
 * @throws SetupError `packages-missing` with the line to run when it may not, `install-failed` when apt failed
 */
export async function ensurePackages(output: Pick<Output, "progress">): Promise<void> {
  const missing = (await inspectPackages(false)).filter(({ found }) => !found).map(({ name }) => name);
  if (missing.length === 0) return;
  const hasApt = findCommand("apt-get") !== undefined;
  if (!hasApt || process.getuid?.() !== 0) {
    const why = hasApt
      ? "this is not root"
      : "there is no apt-get: install them with your own package manager, and set HOLDFAST_MBEDTLS and HOLDFAST_LWIP to unpacked copies";
    throw new SetupError(
      "packages-missing",
      `expected what these Debian packages bring, found it missing, and ${why}. To run: ${installLine(missing)}`,
    );
  }
  output.progress(`installing Debian packages: ${missing.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const onText = (text: string) => {
    for (const line of text.split("\n")) if (worthShowing.test(line)) output.progress(`  ${line}`);
  };
  // An unreachable third-party list must not stop us: only the installation decides.
  const update = await runCommand("apt-get", ["update", "-q"], { env, onText });
  const install = await runCommand(
    "apt-get",
    ["install", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", ...missing],
    { env, onText },
  );
  if (install.exitCode !== 0) {
    const said = lastLine(install.stderr) || lastLine(update.stderr) || `exit code ${install.exitCode}`;
    throw new SetupError("install-failed", `expected apt-get to install ${missing.join(" ")}, found: ${said}`);
  }
  const still = (await inspectPackages(false)).filter(({ found }) => !found).map(({ name }) => name);
  if (still.length > 0) {
    throw new SetupError(
      "install-failed",
      `expected ${still.join(" ")} to bring their commands, found them still missing after apt-get`,
    );
  }
}
