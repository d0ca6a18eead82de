/** Independent judges of our formats, from PyPI, pinned by content, in a virtual environment in the cache. */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Output } from "../cli/output.ts";
import { cacheDirectory, hasStamp, publishFolder } from "./cache.ts";
import pinnedJudges from "./pinned-judges.json" with { type: "json" };
import { lastLine, runCommand } from "./run-command.ts";
import { SetupError } from "./setup-error.ts";

/** One line a package, in the form that `pip install --require-hashes -r` reads. */
export function pipRequirements(): string {
  const lines = pinnedJudges.packages.map(({ name, version, sha256 }) =>
    [`${name}==${version}`, ...sha256.map((hash) => `--hash=sha256:${hash}`)].join(" "),
  );
  return `${lines.join("\n")}\n`;
}

function environmentFolder(): string {
  return join(cacheDirectory(), "judges");
}

function pythonPath(): string {
  return join(environmentFolder(), "environment", "bin", "python");
}

/** The interpreter may have been removed or upgraded under the environment: a dangling link counts as missing. */
export function judgesAreReady(): boolean {
  return hasStamp(environmentFolder(), pipRequirements()) && existsSync(pythonPath());
}

/** Version of imgtool that is pinned. */
export function imgtoolVersion(): string {
  return pinnedJudges.packages.find(({ name }) => name === "imgtool")?.version ?? "";
}

/**
 * Command and leading arguments of MCUboot's imgtool, or `undefined` on a machine without it, where tests skip.
 * Run as a module, since the script that pip writes holds the path at which the environment was made.
 */
export function imgtoolCommand(): readonly string[] | undefined {
  return judgesAreReady() ? [pythonPath(), "-m", "imgtool.main"] : undefined;
}

/**
 * Installs the judges unless they are there.
 * @throws SetupError `judge-missing` with pip's own last line
 */
export async function ensureJudges(output: Pick<Output, "progress">): Promise<void> {
  if (judgesAreReady()) return;
  output.progress(`installing imgtool ${imgtoolVersion()} from PyPI into ${environmentFolder()}`);
  const stamp = pipRequirements();
  await publishFolder(environmentFolder(), stamp, async (workFolder) => {
    const requirements = join(workFolder, "requirements.txt");
    writeFileSync(requirements, stamp);
    await mustSucceed("python3", ["-m", "venv", join(workFolder, "environment")]);
    const python = join(workFolder, "environment", "bin", "python");
    const pip = ["-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "--retries", "1", "install"];
    await mustSucceed(python, [...pip, "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", requirements]);
  });
}

async function mustSucceed(command: string, args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(command, args);
  if (exitCode === 0) return;
  // Behind a failed connection pip's last line speaks of a missing distribution; the reason stands in its retry warning.
  const connection = /connection broken by '(\w+)/.exec(stderr)?.[1];
  const said = `${lastLine(stderr || stdout)}${connection === undefined ? "" : ` (connection broken: ${connection})`}`;
  throw new SetupError("judge-missing", `expected imgtool ${imgtoolVersion()} from PyPI, found: ${said}`);
}
