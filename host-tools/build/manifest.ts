/** Reads a Moddable-format manifest.json with everything that it includes, for one platform. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type JsonObject, JsonTextError, type JsonValue, parseJsonText } from "./json-text.ts";
import { ManifestError } from "./manifest-error.ts";
import { type Creation, creationWithDefaults, mergeByProperty, mergeCompilerOptions } from "./manifest-merge.ts";
import { matchingPlatforms } from "./manifest-platforms.ts";
import { type ManifestSection, readSection } from "./manifest-section.ts";
import { FileTable } from "./manifest-table.ts";

export { ManifestError, type ManifestErrorCode } from "./manifest-error.ts";
export type { Creation } from "./manifest-merge.ts";

/** Bytes of one manifest file that are read at most. */
export const MAXIMUM_MANIFEST_BYTES = 256 * 1024;
/** Manifest files that one build may combine. */
export const MAXIMUM_MANIFEST_FILES = 256;

/** A manifest combined with its includes. */
export interface Manifest {
  /** Module name to absolute path of a .ts, .js, .mjs or .json file, in the order of names. */
  readonly modules: ReadonlyMap<string, string>;
  readonly native: {
    /** Absolute paths of C and assembly sources, sorted. */
    readonly sources: readonly string[];
    /** Absolute paths of the folders with header files, sorted. */
    readonly headerDirectories: readonly string[];
    /** Native module name (`native:cpu`) to absolute path of its .d.ts file, in the order of names. */
    readonly declarations: ReadonlyMap<string, string>;
  };
  /** Names of modules whose bodies run at build time, in the order of the manifests, each once. */
  readonly preload: readonly string[];
  readonly creation: Creation;
  readonly defines: JsonObject;
  /** Contents of the module `mc/config`. */
  readonly config: JsonObject;
  readonly strip: "*" | readonly string[] | undefined;
  /** `typescript.tsconfig.compilerOptions`, merged. */
  readonly compilerOptions: JsonObject;
  /** Build variables after resolution; `NAME` is the output folder's name. */
  readonly variables: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
  /** Absolute paths of all manifest files read, in reading order, for deciding whether a build is stale. */
  readonly files: readonly string[];
}

export interface ManifestOptions {
  /** Board name, optionally with a sub-platform: `virt-a7` or `virt-a7/secure`. */
  readonly platform: string;
  /** Shell variables that `"NAME ?="` entries of `build` may take. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Variables that hold before any manifest is read, such as `ROOT`; manifests cannot change them. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Reads and combines manifests, depth first: an included manifest comes before the one that includes it, and a
 * platform's part comes after the common part of the same file. `config`, `creation` and `defines` merge by property,
 * `modules` and `preload` concatenate, the last `strip` wins, and a variable keeps the value of the outermost manifest.
 *
 * @param path manifest file
 * @throws ManifestError for everything that is wrong with the files
 */
export function readManifest(path: string, options: ManifestOptions): Manifest {
  const reader = new ManifestReader(options);
  reader.read(resolve(path), undefined);
  return reader.finish(resolve(path));
}

interface PlacedSection {
  readonly section: ManifestSection;
  readonly file: string;
}

class ManifestReader {
  readonly #options: ManifestOptions;
  readonly #variables: Map<string, string>;
  readonly #opened = new Map<string, "reading" | "read">();
  readonly #files: string[] = [];
  readonly #sections: PlacedSection[] = [];

  constructor(options: ManifestOptions) {
    this.#options = options;
    const [platform = "", subplatform = ""] = options.platform.split("/");
    this.#variables = new Map(Object.entries({ ...options.variables, PLATFORM: platform, SUBPLATFORM: subplatform }));
  }

  read(path: string, includedBy: string | undefined): void {
    const file = locate(path, includedBy);
    const state = this.#opened.get(file);
    if (state === "reading")
      throw new ManifestError(
        "include-cycle",
        includedBy ?? file,
        `expected includes without a cycle, found ${file} included from itself`,
      );
    if (state === "read") return;
    if (this.#opened.size >= MAXIMUM_MANIFEST_FILES)
      throw new ManifestError(
        "too-large",
        file,
        `expected at most ${MAXIMUM_MANIFEST_FILES} manifest files, found more`,
      );
    this.#opened.set(file, "reading");
    this.#files.push(file);
    const content = readObject(file);
    this.#take(readSection(content, file, ""), file);
    for (const section of matchingPlatforms(content.platforms, this.#options.platform, file)) this.#take(section, file);
    this.#opened.set(file, "read");
  }

  finish(mainFile: string): Manifest {
    const refusal = this.#sections.find(({ section }) => section.errors.length > 0);
    if (refusal) throw new ManifestError("refused", refusal.file, refusal.section.errors.join("; "));
    const files = new FileTable();
    for (const { section, file } of this.#sections)
      for (const [key, paths] of section.modules)
        for (const path of paths) files.add(key, resolve(dirname(file), this.#expand(path, file)), file);
    const sections = this.#sections.map(({ section }) => section);
    const { modules, native } = files.finish();
    const creation = creationWithDefaults(sections.map((section) => section.creation));
    const main = creation.main;
    if (!modules.has(main) && sections.some((section) => section.creation.main !== undefined))
      throw new ManifestError(
        "missing-module",
        mainFile,
        `creation.main: expected the name of a module of this manifest, found ${JSON.stringify(main)}`,
      );
    return {
      modules,
      native,
      preload: this.#preload(modules),
      creation,
      defines: mergeByProperty(sections.map((section) => section.defines)),
      config: mergeByProperty(sections.map((section) => section.config)),
      strip: sections.flatMap((section) => (section.strip === undefined ? [] : [section.strip])).at(-1),
      compilerOptions: mergeCompilerOptions(sections.map((section) => section.compilerOptions)),
      variables: this.#variables,
      warnings: sections.flatMap((section) => section.warnings),
      files: this.#files,
    };
  }

  #take(section: ManifestSection, file: string): void {
    for (const [entry, value] of section.build) this.#define(entry, value, file);
    for (const path of section.include) this.read(resolve(dirname(file), this.#expand(path, file)), file);
    this.#sections.push({ section, file });
  }

  #define(entry: string, value: string, file: string): void {
    const optional = entry.endsWith(" ?=");
    const name = optional ? entry.slice(0, -3) : entry;
    if (this.#variables.has(name)) return;
    const shell = optional ? this.#options.environment[name] : undefined;
    this.#variables.set(name, shell ?? this.#expand(value, file));
  }

  #expand(text: string, file: string): string {
    return text.replace(/\$\(([^)]*)\)/g, (_, name: string) => {
      const value = this.#variables.get(name);
      if (value === undefined)
        throw new ManifestError(
          "unknown-variable",
          file,
          `expected a variable that "build" defines, found $(${name}) in ${JSON.stringify(text)}`,
        );
      return value;
    });
  }

  #preload(modules: ReadonlyMap<string, string>): string[] {
    const names = new Set<string>();
    for (const { section, file } of this.#sections) {
      for (const entry of section.preload) {
        const [before = "", ...rest] = entry.split("*");
        const matches =
          rest.length === 0
            ? [entry].filter((name) => modules.has(name))
            : [...modules.keys()].filter((name) => name.startsWith(before) && name.endsWith(rest.join("*")));
        if (matches.length === 0)
          throw new ManifestError(
            "missing-module",
            file,
            `preload: expected the name of a module of this manifest, found ${JSON.stringify(entry)}`,
          );
        for (const name of matches) names.add(name);
      }
    }
    return [...names];
  }
}

function locate(path: string, includedBy: string | undefined): string {
  try {
    const file = statSync(path).isDirectory() ? join(path, "manifest.json") : path;
    const { size } = statSync(file);
    if (size > MAXIMUM_MANIFEST_BYTES)
      throw new ManifestError("too-large", file, `expected at most ${MAXIMUM_MANIFEST_BYTES} bytes, found ${size}`);
    return realpathSync(file);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    const from = includedBy === undefined ? "" : ` (included by ${includedBy})`;
    throw new ManifestError(
      "unreadable",
      path,
      `expected a manifest file, found ${(error as NodeJS.ErrnoException).code ?? "an error"}${from}`,
    );
  }
}

function readObject(file: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseJsonText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file)));
  } catch (error) {
    if (error instanceof JsonTextError)
      throw new ManifestError("invalid-json", `${file}:${error.line}:${error.column}`, error.message);
    throw new ManifestError(
      "unreadable",
      file,
      `expected UTF-8 text, found ${(error as NodeJS.ErrnoException).code ?? "an error"}`,
    );
  }
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new ManifestError("invalid-value", file, "expected an object at the top level");
  return value;
}
