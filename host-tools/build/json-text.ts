/** Reads JSON text strictly (RFC 8259, no duplicate keys, bounded nesting) and says line and column of the first error. */

/** A JSON value; objects have no prototype, so that a key named `__proto__` is an ordinary key. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Nesting beyond this is refused before it can exhaust the stack. */
export const MAXIMUM_JSON_DEPTH = 64;

/** What is wrong with a JSON text; `line` and `column` count from 1, columns in UTF-16 units. */
export class JsonTextError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.name = "JsonTextError";
    this.line = line;
    this.column = column;
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings hold no raw control characters (RFC 8259 section 7)
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const WHITE_SPACE = /[ \t\r\n]*/y;
const HEXADECIMAL = /[0-9a-fA-F]{4}/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * Parses one JSON value.
 *
 * @param text the whole text; a leading byte order mark is refused
 * @throws JsonTextError with what was expected, what was found, line and column
 */
export function parseJsonText(text: string): JsonValue {
  const reader = new JsonReader(text);
  return reader.document();
}

class JsonReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#skipWhiteSpace();
    if (this.#offset < this.#text.length) throw this.#unexpected("the end of the text");
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > MAXIMUM_JSON_DEPTH)
      throw this.#error(`expected at most ${MAXIMUM_JSON_DEPTH} levels of nesting, found more`);
    this.#skipWhiteSpace();
    switch (this.#text[this.#offset]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = Object.create(null);
    this.#offset++;
    if (this.#accept("}")) return object;
    do {
      this.#skipWhiteSpace();
      if (this.#text[this.#offset] !== '"') throw this.#unexpected("a key in double quotes");
      const keyOffset = this.#offset;
      const key = this.#string();
      if (Object.hasOwn(object, key))
        throw this.#error(`expected each key once, found ${JSON.stringify(key)} twice`, keyOffset);
      if (!this.#accept(":")) throw this.#unexpected('":"');
      object[key] = this.#value(depth + 1);
    } while (this.#accept(","));
    if (!this.#accept("}")) throw this.#unexpected('"," or "}"');
    return object;
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.#offset++;
    if (this.#accept("]")) return array;
    do array.push(this.#value(depth + 1));
    while (this.#accept(","));
    if (!this.#accept("]")) throw this.#unexpected('"," or "]"');
    return array;
  }

  #string(): string {
    this.#offset++;
    let result = "";
    for (;;) {
      result += this.#match(PLAIN_CHARACTERS) ?? "";
      const character = this.#text[this.#offset];
      if (character === '"') {
        this.#offset++;
        return result;
      }
      if (character !== "\\") throw this.#unexpected("the rest of a string");
      result += this.#escape();
    }
  }

  #escape(): string {
    this.#offset++;
    const letter = this.#text[this.#offset] ?? "";
    if (letter === "u") {
      this.#offset++;
      const digits = this.#match(HEXADECIMAL);
      if (digits === undefined) throw this.#unexpected("four hexadecimal digits");
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (plain === undefined) throw this.#unexpected('an escape (one of " \\ / b f n r t u)');
    this.#offset++;
    return plain;
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#offset)) throw this.#unexpected("a value");
    this.#offset += word.length;
    return value;
  }

  #number(): number {
    const start = this.#offset;
    const digits = this.#match(NUMBER);
    if (digits === undefined) throw this.#unexpected("a value");
    const value = Number(digits);
    if (!Number.isFinite(value))
      throw this.#error(`expected a number that fits a double, found ${digits.slice(0, 40)}`, start);
    return value;
  }

  #accept(character: string): boolean {
    this.#skipWhiteSpace();
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  #skipWhiteSpace(): void {
    this.#match(WHITE_SPACE);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #unexpected(expected: string): JsonTextError {
    const character = this.#text[this.#offset];
    return this.#error(
      `expected ${expected}, found ${character === undefined ? "the end of the text" : JSON.stringify(character)}`,
    );
  }

  #error(message: string, offset = this.#offset): JsonTextError {
    const before = this.#text.slice(0, offset);
    const line = before.split("\n").length;
    return new JsonTextError(message, line, offset - before.lastIndexOf("\n"));
  }
}
