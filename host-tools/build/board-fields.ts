/** Reads typed fields out of parsed JSON and names the path of the first one that is wrong. */

import { BoardError } from "./board-error.ts";

const LARGEST_ADDRESS = 0xffff_ffff;

/** Formats an address or size the way board.json writes it. */
export function hex(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(8, "0")}`;
}

/** One JSON object under validation; every getter marks its key as known, `finish` refuses the rest. */
export class Fields {
  readonly #known = new Set<string>();
  readonly #values: Readonly<Record<string, unknown>>;
  readonly path: string;

  constructor(value: unknown, path: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new BoardError("board-wrong-type", `expected an object, found ${describe(value)}, at ${path}`);
    }
    this.#values = value as Record<string, unknown>;
    this.path = path;
  }

  string(key: string): string {
    const value = this.#required(key);
    if (typeof value !== "string" || value === "") throw this.#wrongType(key, "a non-empty string", value);
    return value;
  }

  /** A string that must be one of `choices`. */
  choice<T extends string>(key: string, choices: readonly T[]): T {
    const value = this.string(key);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      throw new BoardError(
        "board-bad-value",
        `expected one of ${choices.join(", ")}, found "${value}", at ${this.path}.${key}`,
      );
    }
    return found;
  }

  strings(key: string): readonly string[] {
    const value = this.#required(key);
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      throw this.#wrongType(key, "an array of strings", value);
    }
    return value;
  }

  /** An address or byte length, written as a hexadecimal string. */
  address(key: string): number {
    const value = this.#required(key);
    if (typeof value !== "string" || !/^0x[0-9A-Fa-f]{1,8}$/.test(value)) {
      throw this.#wrongType(key, 'a hexadecimal string such as "0x40000000"', value);
    }
    return Number(value);
  }

  /** A positive integer written as a plain JSON number. */
  integer(key: string): number {
    const value = this.#required(key);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > LARGEST_ADDRESS) {
      throw this.#wrongType(key, "an integer from 0 to 4294967295", value);
    }
    return value;
  }

  optionalInteger(key: string): number | undefined {
    return key in this.#values ? this.integer(key) : undefined;
  }

  object(key: string): Fields {
    return new Fields(this.#required(key), `${this.path}.${key}`);
  }

  objects(key: string): readonly Fields[] {
    const value = this.#required(key);
    if (!Array.isArray(value)) throw this.#wrongType(key, "an array of objects", value);
    return value.map((item, index) => new Fields(item, `${this.path}.${key}[${index}]`));
  }

  /** Refuses keys that no getter asked for, so that a misspelt key cannot be ignored. */
  finish(): void {
    for (const key of Object.keys(this.#values)) {
      if (!this.#known.has(key)) {
        throw new BoardError(
          "board-unknown-field",
          `expected only ${[...this.#known].join(", ")}, found "${key}", at ${this.path}`,
        );
      }
    }
  }

  #required(key: string): unknown {
    this.#known.add(key);
    if (!(key in this.#values)) {
      throw new BoardError("board-missing-field", `expected a field "${key}", found none, at ${this.path}`);
    }
    return this.#values[key];
  }

  #wrongType(key: string, expected: string, found: unknown): BoardError {
    return new BoardError("board-wrong-type", `expected ${expected}, found ${describe(found)}, at ${this.path}.${key}`);
  }
}

function describe(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
