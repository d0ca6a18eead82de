/** Turns the `modules` entries of a manifest into files: wildcards, renames, exclusions and what each kind of file is for. */
import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ManifestError } from "./manifest-error.ts";

/** What a file of a manifest is used as. */
export type ModuleFileKind = "module" | "declaration" | "native-source" | "header";

/** One file that a `modules` entry names. */
export interface ModuleFile {
  /** Module name; for native sources and headers only a label. */
  readonly name: string;
  /** True when the entry spelled the name out, so that it wins over a name taken from the file's own. */
  readonly named: boolean;
  readonly kind: ModuleFileKind;
  /** Absolute path. */
  readonly path: string;
}

/** Recognised endings, longest first: `.d.ts` must be tried before `.ts`. */
const EXTENSIONS: readonly (readonly [string, ModuleFileKind])[] = [
  [".d.ts", "declaration"],
  [".json", "module"],
  [".mjs", "module"],
  [".ts", "module"],
  [".js", "module"],
  [".c", "native-source"],
  [".S", "native-source"],
  [".h", "header"],
];

/** Splits a file name into its stem and kind; undefined when the ending is not one that a manifest can use. */
export function classifyFile(fileName: string): { stem: string; kind: ModuleFileKind } | undefined {
  for (const [extension, kind] of EXTENSIONS)
    if (fileName.length > extension.length && fileName.endsWith(extension))
      return { stem: fileName.slice(0, -extension.length), kind };
  return undefined;
}

/**
 * Finds the files of one path of a `modules` entry.
 *
 * A path ends in a file name with its ending, in a stem (every file of that stem with a known ending), or in a
 * pattern with `*`. Patterns skip `*.test.*` files and files of other kinds. `*` in the entry's key stands for the stem.
 *
 * @param key the entry's key, such as `*`, `pins/*` or `embedded:io/digital`
 * @param path absolute path, variables resolved
 * @param file manifest path, for messages
 * @returns files in the order of their names
 * @throws ManifestError missing-file when nothing matches, invalid-value for a `*` before the last part
 */
export function findModuleFiles(key: string, path: string, file: string): ModuleFile[] {
  const directory = dirname(path);
  const last = basename(path);
  if (directory.includes("*"))
    throw new ManifestError(
      "invalid-value",
      file,
      `modules.${key}: expected "*" only in the last part of a path, found ${JSON.stringify(path)}`,
    );
  const matches = fileMatcher(last);
  const found: ModuleFile[] = [];
  for (const fileName of listFiles(directory)) {
    const classified = classifyFile(fileName);
    if (classified === undefined || !matches(fileName, classified.stem)) continue;
    const name = key.replace("*", () => classified.stem);
    found.push({ name, named: key !== "*", kind: classified.kind, path: `${directory}/${fileName}` });
  }
  if (found.length === 0)
    throw new ManifestError(
      "missing-file",
      file,
      `modules.${key}: expected ${JSON.stringify(path)} to name a file ending in ${EXTENSIONS.map(([extension]) => extension).join(" ")}, found none`,
    );
  return found;
}

/** Makes a test for paths to leave out, from the paths of a `~` entry; it takes absolute paths. */
export function exclusion(paths: readonly string[]): (path: string) => boolean {
  const rules = paths.map((path) => ({ directory: dirname(path), matches: fileMatcher(basename(path)) }));
  return (path) =>
    rules.some(
      ({ directory, matches }) =>
        dirname(path) === directory && matches(basename(path), classifyFile(basename(path))?.stem ?? ""),
    );
}

function fileMatcher(pattern: string): (fileName: string, stem: string) => boolean {
  if (!pattern.includes("*")) return (fileName, stem) => fileName === pattern || stem === pattern;
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join("[^/]*")}$`);
  return (fileName, stem) => !stem.endsWith(".test") && (expression.test(fileName) || expression.test(stem));
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}
