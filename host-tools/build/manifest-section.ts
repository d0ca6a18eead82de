/** Checks one section of a manifest (the top level or one platform's part) key by key and gives it types. */
import type { JsonObject, JsonValue } from "./json-text.ts";
import { describeFound, ManifestError, nearestWord } from "./manifest-error.ts";

/** Sizes of a virtual machine as a manifest may give them; all counts are whole and not negative. */
export interface CreationSettings {
  /** Bytes of everything; 0 or absent means separate pools. */
  static?: number;
  /** Bytes of the chunk pool. */
  chunk?: { initial?: number; incremental?: number };
  /** Slots of the heap. */
  heap?: { initial?: number; incremental?: number };
  /** Slots of the JavaScript stack. */
  stack?: number;
  /** Entries of the key table; `name` and `symbol` are the moduli of the hash tables. */
  keys?: { initial?: number; incremental?: number; name?: number; symbol?: number };
  /** Bytes and modulus of the parser; read for compatibility, devices have no parser. */
  parser?: { buffer?: number; table?: number };
  /** Bytes of the native stack. */
  nativeStack?: number;
  /** Name of the module that runs first. */
  main?: string;
}

/** One section with its keys checked; paths and variables are not resolved yet. */
export interface ManifestSection {
  readonly build: readonly (readonly [name: string, value: string])[];
  readonly include: readonly string[];
  readonly modules: readonly (readonly [name: string, paths: readonly string[]])[];
  readonly preload: readonly string[];
  readonly creation: CreationSettings;
  readonly defines: JsonObject;
  readonly config: JsonObject;
  readonly strip: "*" | readonly string[] | undefined;
  readonly compilerOptions: JsonObject;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

const SECTION_KEYS = [
  "build",
  "include",
  "modules",
  "preload",
  "creation",
  "defines",
  "config",
  "strip",
  "typescript",
  "error",
  "errors",
  "warning",
  "warnings",
] as const;
const TOP_LEVEL_KEYS = [...SECTION_KEYS, "platforms"] as const;

/** Keys that the Moddable SDK reads and this build does not: refused by name, so that nobody believes they work. */
const UNSUPPORTED_KEYS: readonly string[] = [
  "resources",
  "data",
  "ble",
  "recipes",
  "commonjs",
  "run",
  "bundle",
  "dependency",
  "zephyrConfig",
  "zephyrShields",
  "zephyrOverlay",
];

const MAXIMUM_SIZE = 0x7fffffff;
const SIZE_PAIR = { initial: 0, incremental: 0 } as const;
/** Each size with its smallest value: XS divides by the moduli, so they must not be zero. */
const CREATION_SHAPE: Readonly<Record<string, number | Readonly<Record<string, number>>>> = {
  static: 0,
  chunk: SIZE_PAIR,
  heap: SIZE_PAIR,
  stack: 1,
  keys: { ...SIZE_PAIR, available: 0, name: 1, symbol: 1 },
  parser: { buffer: 0, table: 1 },
  nativeStack: 0,
};

/**
 * Checks a section.
 *
 * @param section the JSON object
 * @param file manifest path, for messages
 * @param place where the section is inside the file: "" or `platforms.virt-a7.`
 * @throws ManifestError unknown-key, unsupported-key, invalid-value, git-include
 */
export function readSection(section: JsonObject, file: string, place: string): ManifestSection {
  const reader = new SectionReader(file, place);
  reader.checkKeys(section, "", place === "" ? TOP_LEVEL_KEYS : SECTION_KEYS);
  return {
    build: reader.build(section.build),
    include: reader.include(section.include),
    modules: reader.modules(section.modules),
    preload: reader.strings(section.preload, "preload"),
    creation: reader.creation(section.creation),
    defines: reader.object(section.defines, "defines") ?? {},
    config: reader.object(section.config, "config") ?? {},
    strip: reader.strip(section.strip),
    compilerOptions: reader.typescript(section.typescript),
    errors: [...reader.strings(section.error, "error"), ...reader.strings(section.errors, "errors")],
    warnings: [...reader.strings(section.warning, "warning"), ...reader.strings(section.warnings, "warnings")],
  };
}

class SectionReader {
  readonly #file: string;
  readonly #place: string;

  constructor(file: string, place: string) {
    this.#file = file;
    this.#place = place;
  }

  checkKeys(object: JsonObject, path: string, known: readonly string[]): void {
    for (const key of Object.keys(object)) {
      if (known.includes(key)) continue;
      const where = this.#place + path + key;
      if (path === "" && UNSUPPORTED_KEYS.includes(key))
        throw new ManifestError(
          "unsupported-key",
          this.#file,
          `expected no key ${JSON.stringify(where)}, which the Moddable SDK knows and Holdfast does not support`,
        );
      const nearest = nearestWord(key, known);
      const hint = nearest === undefined ? `one of ${known.join(", ")}` : `did you mean ${JSON.stringify(nearest)}?`;
      throw new ManifestError(
        "unknown-key",
        this.#file,
        `expected a known key, found ${JSON.stringify(where)} (${hint})`,
      );
    }
  }

  object(value: JsonValue | undefined, path: string): JsonObject | undefined {
    if (value === undefined) return undefined;
    if (value === null || typeof value !== "object" || Array.isArray(value))
      throw this.#invalid(path, "an object", value);
    return value;
  }

  string(value: JsonValue | undefined, path: string): string {
    if (typeof value !== "string" || value === "" || value.includes("\0"))
      throw this.#invalid(path, "a non-empty string", value);
    return value;
  }

  /** A string or an array of strings; absent means none. */
  strings(value: JsonValue | undefined, path: string): string[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value.map((item, index) => this.string(item, `${path}[${index}]`));
    if (typeof value !== "string") throw this.#invalid(path, "a string or an array of strings", value);
    return [this.string(value, path)];
  }

  build(value: JsonValue | undefined): [string, string][] {
    return Object.entries(this.object(value, "build") ?? {}).map(([name, text]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*( \?=)?$/.test(name))
        throw this.#invalid(`build.${name}`, 'a variable name, or a name followed by " ?="', name);
      if (typeof text !== "string") throw this.#invalid(`build.${name}`, "a string", text);
      return [name, text];
    });
  }

  include(value: JsonValue | undefined): string[] {
    const items = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return items.map((item, index) => {
      const path = Array.isArray(value) ? `include[${index}]` : "include";
      if (item !== null && typeof item === "object" && "git" in item)
        throw new ManifestError(
          "git-include",
          this.#file,
          `${this.#place}${path}: expected the path of a manifest, found a git repository, which a reproducible build does not fetch`,
        );
      return this.string(item, path);
    });
  }

  modules(value: JsonValue | undefined): [string, string[]][] {
    return Object.entries(this.object(value, "modules") ?? {}).map(([name, paths]) => {
      if (name === "" || name.includes("\0") || name.split("*").length > 2)
        throw this.#invalid("modules", 'names that are not empty, with at most one "*"', name);
      return [name, this.strings(paths, `modules.${name}`)];
    });
  }

  creation(value: JsonValue | undefined): CreationSettings {
    const given = this.object(value, "creation");
    if (given === undefined) return {};
    this.checkKeys(given, "creation.", [...Object.keys(CREATION_SHAPE), "main"]);
    const result: JsonObject = {};
    for (const [key, found] of Object.entries(given)) {
      const shape = CREATION_SHAPE[key];
      if (shape === undefined) result[key] = this.string(found, `creation.${key}`);
      else if (typeof shape === "number") result[key] = this.#size(found, `creation.${key}`, shape);
      else result[key] = this.#sizes(found, `creation.${key}`, shape);
    }
    const keys = result.keys as { available?: number; initial?: number } | undefined;
    // `available` is the older name of `initial`.
    if (keys?.available !== undefined) {
      keys.initial ??= keys.available;
      delete keys.available;
    }
    return result as CreationSettings;
  }

  strip(value: JsonValue | undefined): "*" | string[] | undefined {
    if (value === undefined || value === "*") return value;
    if (!Array.isArray(value)) throw this.#invalid("strip", '"*" or an array of names', value);
    return this.strings(value, "strip");
  }

  typescript(value: JsonValue | undefined): JsonObject {
    const given = this.object(value, "typescript") ?? {};
    this.checkKeys(given, "typescript.", ["compiler", "tsconfig"]);
    if (given.compiler !== undefined && given.compiler !== "tsc")
      throw this.#invalid("typescript.compiler", '"tsc"', given.compiler);
    const settings = this.object(given.tsconfig, "typescript.tsconfig") ?? {};
    this.checkKeys(settings, "typescript.tsconfig.", ["compilerOptions"]);
    return this.object(settings.compilerOptions, "typescript.tsconfig.compilerOptions") ?? {};
  }

  #sizes(value: JsonValue, path: string, shape: Readonly<Record<string, number>>): JsonObject {
    const given = this.object(value, path) ?? {};
    this.checkKeys(given, `${path}.`, Object.keys(shape));
    return Object.fromEntries(
      Object.entries(given).map(([key, found]) => [key, this.#size(found, `${path}.${key}`, shape[key] ?? 0)]),
    );
  }

  #size(value: JsonValue, path: string, minimum: number): number {
    if (typeof value !== "number" || !Number.isInteger(value) || value < minimum || value > MAXIMUM_SIZE)
      throw this.#invalid(path, `a whole number from ${minimum} to ${MAXIMUM_SIZE}`, value);
    return value;
  }

  #invalid(path: string, expected: string, found: unknown): ManifestError {
    return new ManifestError(
      "invalid-value",
      this.#file,
      `${this.#place}${path}: expected ${expected}, found ${describeFound(found)}`,
    );
  }
}
