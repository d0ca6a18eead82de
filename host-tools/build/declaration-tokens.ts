/** Cuts the text of a TypeScript declaration file into tokens, leaving comments out. */

/** What is wrong with a native module's declaration file. */
export type NativeDeclarationErrorCode =
  | "too-large"
  | "invalid-name"
  | "invalid-text"
  | "unexpected-declaration"
  | "duplicate-function";

/** A declaration file that cannot be used; the message is one line and begins with file:line. */
export class NativeDeclarationError extends Error {
  readonly code: NativeDeclarationErrorCode;

  constructor(code: NativeDeclarationErrorCode, path: string, line: number, detail: string) {
    super(`${path}:${line}: ${detail}`);
    this.name = "NativeDeclarationError";
    this.code = code;
  }
}

/** One token; `line` counts from 1. The arrow `=>` is one token, so that its `>` closes nothing. */
export interface DeclarationToken {
  readonly kind: "word" | "number" | "string" | "punctuation";
  readonly text: string;
  readonly line: number;
}

const PATTERN =
  /(?<space>\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<word>[A-Za-z_$][A-Za-z0-9_$]*)|(?<number>[0-9][0-9a-zA-Z_.]*)|(?<string>"[^"\\\n]*"|'[^'\\\n]*')|(?<punctuation>\.\.\.|=>|[{}()[\]<>,;:?.|&=+*-])/y;

/**
 * Cuts a file into tokens.
 *
 * @throws NativeDeclarationError invalid-text for anything that declarations do not need, such as template literals
 */
export function tokenizeDeclarations(text: string, path: string): DeclarationToken[] {
  const tokens: DeclarationToken[] = [];
  let offset = 0;
  let line = 1;
  while (offset < text.length) {
    PATTERN.lastIndex = offset;
    const match = PATTERN.exec(text);
    if (match === null)
      throw new NativeDeclarationError(
        "invalid-text",
        path,
        line,
        `expected a declaration, found ${JSON.stringify(text.slice(offset, offset + 20))}`,
      );
    const found = match[0];
    const kind = (["word", "number", "string", "punctuation"] as const).find(
      (name) => match.groups?.[name] !== undefined,
    );
    if (kind !== undefined) tokens.push({ kind, text: found, line });
    line += found.split("\n").length - 1;
    offset += found.length;
  }
  return tokens;
}
