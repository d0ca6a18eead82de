/** How the parts of several manifests become one: by property, with the later part winning. */
import type { JsonObject, JsonValue } from "./json-text.ts";
import type { CreationSettings } from "./manifest-section.ts";

/** Sizes of a virtual machine with the defaults of the Moddable SDK filled in. */
export interface Creation {
  /** Bytes of everything; 0 means separate pools. */
  readonly static: number;
  readonly chunk: { readonly initial: number; readonly incremental: number };
  readonly heap: { readonly initial: number; readonly incremental: number };
  readonly stack: number;
  readonly keys: {
    readonly initial: number;
    readonly incremental: number;
    readonly name: number;
    readonly symbol: number;
  };
  /** Bytes of the native stack; 0 leaves it to the board. */
  readonly nativeStack: number;
  readonly main: string;
}

const DEFAULTS: JsonObject = {
  static: 0,
  chunk: { initial: 32768, incremental: 1024 },
  heap: { initial: 2048, incremental: 64 },
  stack: 384,
  keys: { initial: 256, incremental: 64, name: 127, symbol: 127 },
  nativeStack: 0,
  main: "main",
};

/** Merges objects by property, at every depth; arrays and plain values of a later object replace earlier ones. */
export function mergeByProperty(objects: readonly JsonObject[]): JsonObject {
  const result: JsonObject = Object.create(null);
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      const earlier = result[key];
      result[key] = isObject(value) ? mergeByProperty(isObject(earlier) ? [earlier, value] : [value]) : value;
    }
  }
  return result;
}

/** Merges TypeScript options: arrays append without repeating, objects merge, other values replace. */
export function mergeCompilerOptions(objects: readonly JsonObject[]): JsonObject {
  const result: JsonObject = Object.create(null);
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      const earlier = result[key];
      if (Array.isArray(value) && Array.isArray(earlier))
        result[key] = [...earlier, ...value.filter((item) => !earlier.includes(item))];
      else if (isObject(value) && isObject(earlier)) result[key] = mergeByProperty([earlier, value]);
      else result[key] = value;
    }
  }
  return result;
}

/** Merges the `creation` parts over the defaults. */
export function creationWithDefaults(settings: readonly CreationSettings[]): Creation {
  const { parser: _, ...creation } = mergeByProperty([DEFAULTS, ...(settings as JsonObject[])]);
  return creation as unknown as Creation;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
