/** Turns the manifest's `defines` into C preprocessor lines. */
import { BuildError } from "./build-error.ts";
import type { JsonObject, JsonValue } from "./json-text.ts";

/**
 * One line a value, in the order of the manifest: `{"flash": {"size": 4}}` gives `#define MODDEF_FLASH_SIZE (4)`.
 * Text after `#` becomes a C string, other text stands as it is, arrays become initialisers, null becomes `NULL`.
 *
 * @throws BuildError invalid-define for names and values that C could not hold
 */
export function defineLines(defines: JsonObject): string[] {
  return linesOf(defines, "MODDEF");
}

function linesOf(value: JsonValue, name: string): string[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new BuildError(
      "invalid-define",
      `defines: expected names of letters, digits and "_", found ${JSON.stringify(name)}`,
    );
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.entries(value).flatMap(([key, item]) => linesOf(item, `${name}_${key.toUpperCase()}`));
  return [`#define ${name} ${cValue(value, name)}`];
}

function cValue(value: JsonValue, name: string): string {
  if (value === null) return "(NULL)";
  if (typeof value === "boolean") return value ? "(1)" : "(0)";
  if (typeof value === "number") return `(${value})`;
  if (typeof value === "string") {
    if (/[^\x20-\x7e]/.test(value))
      throw new BuildError(
        "invalid-define",
        `defines: expected printable ASCII text in ${name}, found ${JSON.stringify(value)}`,
      );
    return value.startsWith("#") ? JSON.stringify(value.slice(1)) : `(${value})`;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return `{${value.join(", ")}}`;
  throw new BuildError(
    "invalid-define",
    `defines: expected an array of numbers in ${name}, found another kind of array`,
  );
}
