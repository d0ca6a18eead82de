/**
 * What device code must not do: its module bodies run at build time and are frozen into flash, where XS faults or misbehaves on
 * some constructs long after the mistake was made. Each rule cites why in its message.
 */

import { identifierName, isNode, type SourceFile, type SyntaxNode, walk } from "./source-file.ts";

/** A finding before the file's path and line are filled in. */
export type Report = (rule: string, node: SyntaxNode, message: string) => void;

const typedArrays = [
  "Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array",
  "Float32Array Float64Array BigInt64Array BigUint64Array",
].flatMap((names) => names.split(" "));

/** Objects with hidden state, which cannot be frozen: writing to one in flash is a fault. */
const statefulClasses = new Set([
  ...typedArrays,
  ..."Map Set WeakMap WeakSet WeakRef Promise ArrayBuffer SharedArrayBuffer DataView Proxy FinalizationRegistry Date".split(
    " ",
  ),
]);

const functionTypes = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "MethodDefinition",
]);

/** Runs `visit` on what is evaluated when the module is loaded: function bodies and instance fields are left out. */
function walkModuleLevel(program: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  walk(program, (node) => {
    if (functionTypes.has(node.type)) return false;
    if (node.type === "PropertyDefinition" && node.static !== true) return false;
    visit(node);
    return undefined;
  });
}

/** `let`, `var`, mutable static fields, and objects with hidden state at module level. */
export function checkModuleState({ program }: SourceFile, report: Report): void {
  const rule = "no-module-state";
  const why =
    "module bodies run at build time and are frozen into flash; keep state in a class instance made at run time";
  walkModuleLevel(program, (node) => {
    if (node.type === "VariableDeclaration" && node.kind !== "const" && node.declare !== true) {
      report(rule, node, `expected const at module level, found ${String(node.kind)}: ${why}`);
    }
    if (node.type === "PropertyDefinition" && node.readonly !== true && node.declare !== true) {
      report(rule, node, `expected a readonly static field, found a mutable one: ${why}`);
    }
    const maker = node.type === "NewExpression" ? identifierName(node.callee) : undefined;
    if (maker !== undefined && statefulClasses.has(maker)) {
      report(rule, node, `expected frozen data at module level, found new ${maker}: ${why}`);
    }
    const factory =
      node.type === "CallExpression" && isNode(node.callee) ? identifierName(node.callee.object) : undefined;
    if (factory !== undefined && statefulClasses.has(factory) && makesInstance(node)) {
      report(rule, node, `expected frozen data at module level, found a ${factory} being made: ${why}`);
    }
  });
}

/** `Uint8Array.of(...)` makes one, `Date.UTC(...)` and `ArrayBuffer.isView(...)` do not. */
function makesInstance(call: SyntaxNode): boolean {
  const method = isNode(call.callee) ? identifierName(call.callee.property) : undefined;
  return ["of", "from", "resolve", "reject", "all", "any", "race", "allSettled", "revocable"].includes(method ?? "");
}

/** Regular expressions that remember `lastIndex`. */
export function checkRegularExpressions({ program }: SourceFile, report: Report): void {
  const rule = "no-stateful-regexp";
  const why = "lastIndex of a frozen RegExp is written at the next collection, which faults in flash";
  walk(program, (node) => {
    if (node.type === "Literal" && isNode({ type: "", ...(node.regex as object) }) && node.regex) {
      const { flags } = node.regex as { flags: string };
      if (/[gy]/.test(flags)) report(rule, node, `expected a RegExp without g and y, found flags ${flags}: ${why}`);
    }
    if ((node.type === "NewExpression" || node.type === "CallExpression") && identifierName(node.callee) === "RegExp") {
      const flags = (node.arguments as SyntaxNode[])[1];
      if (flags === undefined) return undefined;
      const constant = flags.type === "Literal" && typeof flags.value === "string" ? flags.value : undefined;
      if (constant === undefined) report(rule, node, `expected constant RegExp flags, found computed ones: ${why}`);
      else if (/[gy]/.test(constant))
        report(rule, node, `expected a RegExp without g and y, found flags ${constant}: ${why}`);
    }
    if (
      node.type === "AssignmentExpression" &&
      isNode(node.left) &&
      identifierName(node.left.property) === "lastIndex"
    ) {
      report(rule, node, `expected lastIndex to be left alone, found it assigned: ${why}`);
    }
    return undefined;
  });
}

/** `eval` and `Function`: there is no parser on the device. */
export function checkEvaluation({ program }: SourceFile, report: Report): void {
  walk(program, (node) => {
    if (node.type !== "CallExpression" && node.type !== "NewExpression") return undefined;
    const name = identifierName(node.callee);
    if (name === "eval" || name === "Function") {
      report("no-eval", node, `expected no code made from text, found ${name}(): the device has no parser`);
    }
    return undefined;
  });
}

/** BigInt, which costs code and RAM where 32-bit arithmetic does. For bootloader and hal only. */
export function checkBigInt({ program }: SourceFile, report: Report): void {
  walk(program, (node) => {
    const literal = node.type === "Literal" && typeof node.bigint === "string";
    const called = node.type === "CallExpression" && identifierName(node.callee) === "BigInt";
    if (literal || called)
      report("no-bigint", node, "expected numbers in bootloader and hal, found BigInt: it is not linked there");
    return undefined;
  });
}

/** Assigning `name` or `message` of an error: frozen prototypes make it throw (the override mistake). */
export function checkErrorProperties({ program }: SourceFile, report: Report): void {
  const visit = (node: SyntaxNode, inErrorClass: boolean): void => {
    let inside = inErrorClass;
    if (node.type === "ClassDeclaration" || node.type === "ClassExpression") {
      inside = /Error$/.test(identifierName(node.superClass) ?? "");
    }
    if (node.type === "AssignmentExpression" && isNode(node.left) && node.left.type === "MemberExpression") {
      const property = identifierName(node.left.property);
      const holder = node.left.object;
      const isError =
        isNode(holder) && holder.type === "ThisExpression"
          ? inside
          : /^(e|err|error|\w+Error)$/.test(identifierName(holder) ?? "");
      if (isError && (property === "name" || property === "message" || property === "stack")) {
        const message = `expected a class field or constructor argument, found an assignment to ${property}: it throws after lockdown`;
        report("no-error-assignment", node, message);
      }
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === "parent") continue;
      for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) visit(item, inside);
    }
  };
  visit(program, false);
}

/** `JSON.stringify` of a module-level constant, which XS refuses once it is frozen. */
export function checkStringify({ program }: SourceFile, report: Report): void {
  const constants = new Set<string>();
  walkModuleLevel(program, (node) => {
    if (node.type !== "VariableDeclarator" || !isNode(node.init)) return;
    const name = identifierName(node.id);
    const value = unwrapType(node.init);
    const isObject = ["ObjectExpression", "ArrayExpression", "CallExpression"].includes(value.type);
    if (name !== undefined && isObject) constants.add(name);
  });
  walk(program, (node) => {
    if (node.type !== "CallExpression" || !isNode(node.callee)) return undefined;
    const isStringify =
      identifierName(node.callee.object) === "JSON" && identifierName(node.callee.property) === "stringify";
    const argument = identifierName((node.arguments as SyntaxNode[])[0]);
    if (isStringify && argument !== undefined && constants.has(argument)) {
      report(
        "no-stringify-of-constant",
        node,
        `expected a fresh object, found the module constant ${argument}: JSON.stringify throws on frozen objects`,
      );
    }
    return undefined;
  });
}

/** `x as const` and `x satisfies T` are x. */
function unwrapType(node: SyntaxNode): SyntaxNode {
  const isWrapper = node.type === "TSAsExpression" || node.type === "TSSatisfiesExpression";
  return isWrapper && isNode(node.expression) ? unwrapType(node.expression) : node;
}
