/** Reads the .d.ts file of a native module: the single source of truth of which C functions exist and what they take. */
import { readFileSync, statSync } from "node:fs";
import { type DeclarationToken, NativeDeclarationError, tokenizeDeclarations } from "./declaration-tokens.ts";

export { NativeDeclarationError } from "./declaration-tokens.ts";

/** Bytes of one declaration file that are read at most. */
export const MAXIMUM_DECLARATION_BYTES = 256 * 1024;

/** One C function that a native module offers. */
export interface NativeFunction {
  /** Module name: `native:cpu`. */
  readonly module: string;
  readonly function: string;
  /** C symbol: `native_cpu_instructions`; `-` in a module's name becomes `_`. */
  readonly symbol: string;
  /** Parameters declared, optional and rest ones included, `this` left out. */
  readonly parameterCount: number;
}

/**
 * Reads the functions of a native module in the order of its file.
 *
 * The file may hold exported functions, types and interfaces and `import type`; anything else is refused, because C
 * could not provide it.
 *
 * @param module module name, beginning with `native:`
 * @param path .d.ts file
 * @throws NativeDeclarationError with file and line
 */
export function readNativeDeclarations(module: string, path: string): NativeFunction[] {
  const { size } = statSync(path);
  if (size > MAXIMUM_DECLARATION_BYTES)
    throw new NativeDeclarationError(
      "too-large",
      path,
      1,
      `expected at most ${MAXIMUM_DECLARATION_BYTES} bytes, found ${size}`,
    );
  return parseNativeDeclarations(module, readFileSync(path, "utf8"), path);
}

/** As `readNativeDeclarations`, from text. */
export function parseNativeDeclarations(module: string, text: string, path: string): NativeFunction[] {
  if (!/^native:[a-z][a-z0-9-]*$/.test(module))
    throw new NativeDeclarationError(
      "invalid-name",
      path,
      1,
      `expected a module name such as "native:cpu", found ${JSON.stringify(module)}`,
    );
  const reader = new DeclarationReader(tokenizeDeclarations(text, path), path);
  const prefix = `native_${module.slice("native:".length).replaceAll("-", "_")}_`;
  const functions: NativeFunction[] = [];
  for (let declared = reader.next(); declared !== undefined; declared = reader.next()) {
    if (declared.kind === "type") continue;
    const { name, line, parameterCount } = declared;
    if (functions.some((other) => other.function === name))
      throw new NativeDeclarationError(
        "duplicate-function",
        path,
        line,
        `expected one declaration of ${name}, found two (C functions are not overloaded)`,
      );
    functions.push({ module, function: name, symbol: prefix + name, parameterCount });
  }
  return functions;
}

type Declared = { kind: "type" } | { kind: "function"; name: string; line: number; parameterCount: number };

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "<": ">" };

class DeclarationReader {
  readonly #tokens: readonly DeclarationToken[];
  readonly #path: string;
  #index = 0;

  constructor(tokens: readonly DeclarationToken[], path: string) {
    this.#tokens = tokens;
    this.#path = path;
  }

  /** Reads one declaration; undefined at the end of the file. */
  next(): Declared | undefined {
    while (this.#accept(";"));
    const first = this.#peek();
    if (first === undefined) return undefined;
    if (this.#accept("import")) {
      if (!this.#accept("type")) throw this.#unexpected('"type" after "import"');
      this.#skipStatement();
      return { kind: "type" };
    }
    const exported = this.#accept("export");
    this.#accept("declare");
    if (exported && this.#accept("function")) return this.#function();
    if (this.#accept("interface")) {
      this.#name("the name of the interface");
      while (this.#peek() !== undefined && this.#peek()?.text !== "{") this.#skipOne();
      this.#skipGroup("{");
      return { kind: "type" };
    }
    if (this.#accept("type")) {
      this.#name("the name of the type");
      this.#skipStatement();
      return { kind: "type" };
    }
    throw this.#unexpected(exported ? "an exported function, type or interface" : "export");
  }

  #function(): Declared {
    const { text: name, line } = this.#name("the name of the function");
    if (this.#peek()?.text === "<") this.#skipGroup("<");
    const parameterCount = this.#parameters();
    if (!this.#accept(":")) throw this.#unexpected(`":" and the result type of ${name}`);
    this.#skipStatement();
    return { kind: "function", name, line, parameterCount };
  }

  /** Counts the parameters of a list; `this` does not count. */
  #parameters(): number {
    if (!this.#accept("(")) throw this.#unexpected('"("');
    let count = 0;
    while (!this.#accept(")")) {
      this.#accept("...");
      const parameter = this.#name("the name of a parameter");
      this.#accept("?");
      if (!this.#accept(":")) throw this.#unexpected(`":" and the type of ${parameter.text}`);
      while (this.#peek() !== undefined && this.#peek()?.text !== "," && this.#peek()?.text !== ")") this.#skipOne();
      if (parameter.text !== "this") count++;
      if (!this.#accept(",") && this.#peek()?.text !== ")") throw this.#unexpected('"," or ")"');
    }
    return count;
  }

  /** Skips to the semicolon that ends a statement, over whole groups. */
  #skipStatement(): void {
    while (this.#peek()?.text !== ";") {
      if (this.#peek() === undefined) throw this.#unexpected('";"');
      this.#skipOne();
    }
    this.#index++;
  }

  #skipOne(): void {
    const token = this.#peek();
    if (token?.kind === "punctuation" && CLOSING[token.text] !== undefined) this.#skipGroup(token.text);
    else if (token?.kind === "punctuation" && [")", "]", "}", ">"].includes(token.text))
      throw this.#unexpected("a balanced declaration");
    else this.#index++;
  }

  #skipGroup(opening: string): void {
    if (!this.#accept(opening)) throw this.#unexpected(JSON.stringify(opening));
    const closing = CLOSING[opening] ?? "";
    while (!this.#accept(closing)) {
      if (this.#peek() === undefined) throw this.#unexpected(JSON.stringify(closing));
      this.#skipOne();
    }
  }

  #name(expected: string): DeclarationToken {
    const token = this.#peek();
    if (token?.kind !== "word") throw this.#unexpected(expected);
    this.#index++;
    return token;
  }

  #peek(): DeclarationToken | undefined {
    return this.#tokens[this.#index];
  }

  #accept(text: string): boolean {
    const token = this.#peek();
    if (token === undefined || token.kind === "string" || token.text !== text) return false;
    this.#index++;
    return true;
  }

  #unexpected(expected: string): NativeDeclarationError {
    const token = this.#peek();
    const line = (token ?? this.#tokens.at(-1))?.line ?? 1;
    return new NativeDeclarationError(
      "unexpected-declaration",
      this.#path,
      line,
      `expected ${expected}, found ${token === undefined ? "the end of the file" : JSON.stringify(token.text)}`,
    );
  }
}
