/** Debian's archive as this machine reaches it: its own mirror, through its own apt settings (proxy, credentials). */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { lastLine, runCommand } from "./run-command.ts";
import { SetupError } from "./setup-error.ts";

/** Part of the apt package itself, so it is there wherever apt is. */
const downloader = "/usr/lib/apt/apt-helper";
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Base addresses of the Debian mirrors that apt is set up with, each ending in `/`; empty without apt.
 * Before the first `apt-get update` apt does not know the origins, so the address decides.
 */
export async function debianMirrors(): Promise<readonly string[]> {
  const format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
  const { stdout, exitCode } = await runCommand("apt-get", [
    "indextargets",
    "--format",
    format,
    "Created-By: Packages",
  ]);
  if (exitCode !== 0) return [];
  const targets = stdout.split("\n").map((line) => line.split("|"));
  const known = targets.filter(([origin, label]) => origin === "Debian" && label === "Debian");
  const guessed = targets.filter(([origin, , address]) => origin === "" && /\/debian\/?$/.test(address ?? ""));
  const addresses = [...known, ...guessed].map(([, , address]) => (address ?? "").replace(/\/*$/, "/"));
  return [...new Set(addresses)];
}

export type DownloadOutcome = "done" | "absent";

/**
 * Fetches one file of the archive's pool into `target`, which appears only with the right content.
 * @returns `absent` when no mirror has it
 * @throws SetupError `source-corrupt` for another content, `download-failed` for everything else
 */
export async function downloadFromPool(path: string, sha256: string, target: string): Promise<DownloadOutcome> {
  const mirrors = await debianMirrors();
  if (mirrors.length === 0) {
    throw new SetupError("download-failed", `expected apt with a Debian mirror to fetch ${path}, found none`);
  }
  let problem = "";
  for (const mirror of mirrors) {
    const options = ["-o", `APT::Sandbox::User=${userInfo().username}`];
    const args = [...options, "download-file", mirror + path, target, `SHA256:${sha256}`];
    const { exitCode, stdout, stderr } = await runCommand(downloader, args);
    if (exitCode === 0) return "done";
    rmSync(target, { force: true });
    rmSync(`${target}.FAILED`, { force: true });
    if (/Hash Sum mismatch/.test(stdout + stderr)) {
      throw new SetupError(
        "source-corrupt",
        `expected SHA-256 ${sha256} for ${path}, found another content on the mirror`,
      );
    }
    if (!/\b404\b/.test(stdout + stderr)) problem = lastLine(stderr.replace(/^E: Download Failed$/m, ""));
  }
  if (problem !== "") throw new SetupError("download-failed", `expected to fetch ${path}, found: ${problem}`);
  return "absent";
}

/**
 * The newest version of a source package in Debian trixie, read through a private apt state so that the machine's own stays
 * untouched. Only for telling what a moved pin moved to: nothing is ever taken from this answer.
 */
export async function newestSourceVersion(name: string, workFolder: string): Promise<string | undefined> {
  const [mirror] = await debianMirrors();
  if (mirror === undefined) return undefined;
  for (const folder of ["sources.d", "preferences.d", "state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(workFolder, folder), { recursive: true });
  }
  writeFileSync(join(workFolder, "status"), "");
  writeFileSync(join(workFolder, "sources.list"), `deb-src [signed-by=${keyring}] ${mirror} trixie main\n`);
  const settings = [
    `Dir::Etc::SourceList=${join(workFolder, "sources.list")}`,
    `Dir::Etc::SourceParts=${join(workFolder, "sources.d")}`,
    "Dir::Etc::Preferences=/dev/null",
    `Dir::Etc::PreferencesParts=${join(workFolder, "preferences.d")}`,
    `Dir::State=${join(workFolder, "state")}`,
    `Dir::State::status=${join(workFolder, "status")}`,
    `Dir::Cache=${join(workFolder, "cache")}`,
    "Acquire::Languages=none",
    `APT::Sandbox::User=${userInfo().username}`,
    // Without this a bad signature beside older lists would still exit 0.
    "APT::Update::Error-Mode=any",
  ].flatMap((setting) => ["-o", setting]);
  const update = await runCommand("apt-get", [...settings, "update"]);
  if (update.exitCode !== 0) return undefined;
  const { stdout } = await runCommand("apt-cache", [...settings, "showsrc", "--only-source", name]);
  return /^Version: (\S+)$/m.exec(stdout)?.[1];
}
