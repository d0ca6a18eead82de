/** Gathers the files of all manifests: which module each is, or which native source, header folder or declaration. */
import { dirname } from "node:path";
import type { Manifest } from "./manifest.ts";
import { ManifestError } from "./manifest-error.ts";
import { exclusion, findModuleFiles, type ModuleFile } from "./manifest-files.ts";

/** Collects the files of all `modules` entries and refuses one name for two files and two names for one file. */
export class FileTable {
  readonly #found: { item: ModuleFile; file: string }[] = [];
  readonly #excluded: string[] = [];

  /**
   * Takes one path of a `modules` entry.
   *
   * @param key the entry's key
   * @param path absolute path, variables resolved
   * @param file manifest that has the entry
   * @throws ManifestError missing-file, invalid-value
   */
  add(key: string, path: string, file: string): void {
    if (key === "~") this.#excluded.push(path);
    else for (const item of findModuleFiles(key, path, file)) this.#found.push({ item, file });
  }

  /**
   * Sorts everything by what it is for.
   *
   * @throws ManifestError duplicate-module; invalid-value for a declaration that describes nothing
   */
  finish(): Pick<Manifest, "modules" | "native"> {
    const isExcluded = exclusion(this.#excluded);
    const kept = this.#found.filter(({ item }) => !isExcluded(item.path));
    // A spelled-out name wins over one taken from the file's name, wherever it stands.
    const renamed = new Set(kept.filter(({ item }) => item.named).map(({ item }) => item.path));
    const modules = new Map<string, string>();
    const declarations = new Map<string, string>();
    const sources = new Set<string>();
    const headerDirectories = new Set<string>();
    for (const { item, file } of kept) {
      if (item.kind === "native-source") sources.add(item.path);
      else if (item.kind === "header") headerDirectories.add(dirname(item.path));
      else if (item.named || !renamed.has(item.path))
        enter(item.kind === "module" ? modules : declarations, item, file);
    }
    for (const { item, file } of kept) {
      if (item.kind !== "declaration" || item.name.startsWith("native:")) continue;
      // A .d.ts beside a .js module of the same name only describes it.
      if (modules.has(item.name)) declarations.delete(item.name);
      else if (declarations.has(item.name))
        throw new ManifestError(
          "invalid-value",
          file,
          `modules: expected ${item.path} under a name that begins with "native:", found ${JSON.stringify(item.name)}`,
        );
    }
    return {
      modules: sortedMap(modules),
      native: {
        sources: [...sources].sort(),
        headerDirectories: [...headerDirectories].sort(),
        declarations: sortedMap(declarations),
      },
    };
  }
}

function enter(table: Map<string, string>, item: ModuleFile, file: string): void {
  const other = table.get(item.name);
  if (other !== undefined && other !== item.path)
    throw new ManifestError(
      "duplicate-module",
      file,
      `modules: expected one file named ${JSON.stringify(item.name)}, found ${other} and ${item.path}`,
    );
  for (const [name, path] of table)
    if (path === item.path && name !== item.name)
      throw new ManifestError(
        "duplicate-module",
        file,
        `modules: expected one name for ${path}, found ${JSON.stringify(name)} and ${JSON.stringify(item.name)}`,
      );
  table.set(item.name, item.path);
}

function sortedMap(map: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...map].sort(([left], [right]) => (left < right ? -1 : 1)));
}
