/** mbedTLS and lwIP: Debian's source packages, pinned by content, unpacked with Debian's patches into the cache. */

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Output } from "../cli/output.ts";
import { cacheDirectory, hasStamp, publishFolder } from "./cache.ts";
import { downloadFromPool, newestSourceVersion } from "./mirror.ts";
import pinnedSources from "./pinned-sources.json" with { type: "json" };
import { runCommand } from "./run-command.ts";
import { SetupError } from "./setup-error.ts";

export type SourceName = keyof typeof pinnedSources;
export const sourceNames = Object.keys(pinnedSources) as SourceName[];

type Progress = Pick<Output, "progress">;

/** Debian's version of the pinned package; its upstream part is what the library calls itself. */
export function pinnedVersion(name: SourceName): string {
  return pinnedSources[name].version;
}

/** Two trees are the same when they were made from the same two archives. */
function stampOf(name: SourceName): string {
  const { version, upstream, debian } = pinnedSources[name];
  return `${name} ${version}\nupstream ${upstream.sha256}\ndebian ${debian.sha256}\n`;
}

function cacheFolder(name: SourceName): string {
  const { version, debian } = pinnedSources[name];
  return join(cacheDirectory(), "sources", `${name}-${version}-${debian.sha256.slice(0, 8)}`);
}

function missingLandmark(name: SourceName, folder: string): string | undefined {
  return pinnedSources[name].landmarks.find((landmark) => !existsSync(join(folder, landmark)));
}

/** The folder that the person named by `HOLDFAST_MBEDTLS` or `HOLDFAST_LWIP`, checked to hold that library. */
function localCopy(name: SourceName): string | undefined {
  const { variable } = pinnedSources[name];
  const folder = process.env[variable];
  if (!folder) return undefined;
  const missing = missingLandmark(name, folder);
  if (missing !== undefined) {
    throw new SetupError("source-missing", `expected ${missing} in ${variable}=${folder}, found no such file`);
  }
  return folder;
}

/** True when the tree is there and complete; asks no network. */
export function sourceIsReady(name: SourceName): boolean {
  if (localCopy(name) !== undefined) return true;
  const folder = cacheFolder(name);
  return hasStamp(folder, stampOf(name)) && missingLandmark(name, folder) === undefined;
}

function sourcePath(name: SourceName): string {
  const local = localCopy(name);
  if (local !== undefined) return local;
  const folder = cacheFolder(name);
  if (!sourceIsReady(name)) {
    const { variable } = pinnedSources[name];
    throw new SetupError(
      "source-missing",
      `expected ${name} ${pinnedVersion(name)} in ${folder}, found none: run ./holdfast doctor --fix, or set ${variable}`,
    );
  }
  return folder;
}

/**
 * Root of the mbedTLS 3.6 tree (`include/`, `library/`, `3rdparty/`).
 * @throws SetupError `source-missing` when `ensureEnvironment(["sources"])` has not run here
 */
export function mbedtlsSourcePath(): string {
  return sourcePath("mbedtls");
}

/** Root of the lwIP 2.2 tree (`src/`). Errors as `mbedtlsSourcePath`. */
export function lwipSourcePath(): string {
  return sourcePath("lwip");
}

async function download(name: SourceName, part: "upstream" | "debian", workFolder: string): Promise<string> {
  const { folder, version, variable } = pinnedSources[name];
  const { file, sha256 } = pinnedSources[name][part];
  const target = join(workFolder, `${part}-archive`);
  try {
    if ((await downloadFromPool(`${folder}/${file}`, sha256, target)) === "done") return target;
  } catch (error) {
    if (!(error instanceof SetupError) || error.code !== "download-failed") throw error;
    throw new SetupError(error.code, `${error.message}; or set ${variable} to an unpacked copy`);
  }
  const newest = await newestSourceVersion(name, join(workFolder, "apt"));
  const found = newest === undefined ? "it gone" : `${newest} in the archive`;
  throw new SetupError(
    "source-version-moved",
    `expected ${name} ${version} on the Debian mirror, found ${found}: set ${variable} to an unpacked copy, or update pinned-sources.json`,
  );
}

async function mustSucceed(name: SourceName, command: string, args: readonly string[], cwd: string): Promise<void> {
  const { exitCode, stderr, stdout } = await runCommand(command, args, { cwd });
  if (exitCode !== 0) {
    // The first line tells why; tar's last one only says that it gave up.
    const said = (stderr || stdout).trim().split("\n")[0] ?? "";
    throw new SetupError("source-corrupt", `${name}: ${command} ended with ${exitCode}: ${said}`);
  }
}

/** What `dpkg-source -x` does for format 3.0 (quilt), without needing dpkg-dev and Perl. */
async function unpack(name: SourceName, upstream: string, debian: string, folder: string): Promise<void> {
  await mustSucceed(name, "tar", ["-xf", upstream, "--strip-components=1", "--no-same-owner"], folder);
  await mustSucceed(name, "tar", ["-xf", debian, "--no-same-owner"], folder);
  const series = join(folder, "debian", "patches", "series");
  const patches = existsSync(series) ? readFileSync(series, "utf8").split("\n") : [];
  for (const line of patches) {
    const patch = line.replace(/#.*/, "").trim();
    if (patch === "") continue;
    const input = join("debian", "patches", patch);
    await mustSucceed(name, "patch", ["-p1", "-F0", "-N", "-s", "--no-backup-if-mismatch", "-i", input], folder);
  }
}

/** Brings both trees into the cache unless they are there; without network only if something is missing. */
export async function ensureSources(output: Progress): Promise<void> {
  for (const name of sourceNames) {
    if (sourceIsReady(name)) continue;
    output.progress(`fetching ${name} ${pinnedVersion(name)} (Debian source package) into ${cacheDirectory()}`);
    await publishFolder(cacheFolder(name), stampOf(name), async (workFolder) => {
      const archives = join(workFolder, ".archives");
      mkdirSync(archives);
      const upstream = await download(name, "upstream", archives);
      const debian = await download(name, "debian", archives);
      output.progress(`unpacking ${name} and applying Debian's patches`);
      await unpack(name, upstream, debian, workFolder);
      rmSync(archives, { recursive: true, force: true });
      const missing = missingLandmark(name, workFolder);
      if (missing !== undefined) {
        throw new SetupError(
          "source-corrupt",
          `expected ${missing} in ${name} ${pinnedVersion(name)}, found no such file`,
        );
      }
    });
  }
}
