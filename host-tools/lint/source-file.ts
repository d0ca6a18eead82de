/** One parsed source file: its syntax tree, its comments, and positions as line numbers. */

import { type Comment, parseSync } from "oxc-parser";

/** A node of the ESTree syntax tree, read by field name; rules check `type` before they rely on a field. */
export interface SyntaxNode {
  readonly type: string;
  /** Offset of the first character, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface SourceFile {
  /** Path from the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
}

/** @throws SyntaxError naming file and line when the text is not TypeScript */
export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  const [first] = errors;
  if (first !== undefined) {
    const line = lineAt(text, first.labels[0]?.start ?? 0);
    throw new SyntaxError(`expected TypeScript, found ${first.message} at ${path}:${line}`);
  }
  return { path, text, program: program as unknown as SyntaxNode, comments };
}

/** Line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf("\n"); index >= 0 && index < offset; index = text.indexOf("\n", index + 1)) line += 1;
  return line;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** The nodes directly below `node`, in source order. */
export function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === "parent") continue;
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) found.push(item);
  }
  return found;
}

/**
 * Visits `node` and everything below it, parents first. `visit` returns false to leave out what is below a node.
 * Type annotations are visited too: rules look for expressions, which types do not contain.
 */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => boolean | undefined): void {
  if (visit(node) === false) return;
  for (const child of children(node)) walk(child, visit);
}

/** Name of an identifier, or undefined for every other node. */
export function identifierName(node: unknown): string | undefined {
  return isNode(node) && node.type === "Identifier" ? String(node.name) : undefined;
}
