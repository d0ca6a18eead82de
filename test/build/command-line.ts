/** Runs the real command line in a process of its own, and tells what it changed on the disk. */
import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { repository } from "./freeze-fixture.ts";

export interface CommandRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** Lines of standard error that begin with `holdfast:`, without it. */
  readonly failures: readonly string[];
  readonly stderr: string;
}

/** Runs `./holdfast` with arguments. */
export function holdfast(args: readonly string[], environment: NodeJS.ProcessEnv = {}): CommandRun {
  const { status, stdout, stderr } = spawnSync(join(repository, "holdfast"), args, {
    encoding: "utf8",
    env: { ...process.env, ...environment },
    timeout: 300_000,
  });
  const failures = stderr
    .split("\n")
    .filter((line) => line.startsWith("holdfast: "))
    .map((line) => line.slice("holdfast: ".length));
  return { exitCode: status, stdout, failures, stderr };
}

/** A folder for this test, below build/ so that paths in messages are short; emptied first. */
export function emptyFolder(name: string): string {
  const folder = join(repository, "build", "test", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Writes the files of an app, by path in its folder; objects become JSON. Returns the path of its manifest. */
export function writeApp(folder: string, files: Readonly<Record<string, string | object>>): string {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  return join(folder, "manifest.json");
}

/** All files below a folder with what a rewrite would change: inode, time and size. */
export function snapshot(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) visit(child);
      else {
        const { ino, mtimeNs, size } = lstatSync(child, { bigint: true });
        found.set(relative(folder, child), `${ino} ${mtimeNs} ${size}`);
      }
    }
  };
  visit(folder);
  return found;
}

/** Paths that were made, rewritten or removed between two snapshots, sorted. */
export function changedPaths(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).sort();
}

/** Names that only files in the making have. */
export const DRAFT = /draft|\.tmp|~$/;
