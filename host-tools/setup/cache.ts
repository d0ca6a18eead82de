/** The cache outside the repository: whole folders, put in place by one rename, each with a stamp of what it was made from. */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const stampFile = ".holdfast-stamp";

/** `$HOLDFAST_CACHE`, else `~/.cache/holdfast`. Made on first use by whoever writes to it. */
export function cacheDirectory(): string {
  return process.env.HOLDFAST_CACHE || join(homedir(), ".cache", "holdfast");
}

/** True when `folder` was completed from exactly `stamp`, any text that names all inputs. */
export function hasStamp(folder: string, stamp: string): boolean {
  try {
    return readFileSync(join(folder, stampFile), "utf8") === stamp;
  } catch {
    return false;
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Work folders carry their maker's process number, so that those of a killed run are recognised and removed. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const maker = /^\.making-(\d+)-/.exec(name)?.[1];
    if (maker !== undefined && !isAlive(Number(maker))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/**
 * Makes `folder` by running `make` in a work folder beside it, then renames it into place. When `make` throws, nothing is left.
 * When another process was faster with the same stamp, its folder is kept.
 */
export async function publishFolder(
  folder: string,
  stamp: string,
  make: (workFolder: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const workFolder = join(parent, `.making-${process.pid}-${Date.now()}`);
  mkdirSync(workFolder);
  try {
    await make(workFolder);
    writeFileSync(join(workFolder, stampFile), stamp);
    if (hasStamp(folder, stamp)) return;
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
    renameSync(workFolder, folder);
  } catch (error) {
    if (!hasStamp(folder, stamp)) throw error;
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}
