/** Which of XS's source files each program of ours is made of. They come from the npm package and are never copied. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Root of XS in the npm package, absolute. */
export function xsFolder(root: string): string {
  return join(root, "node_modules", "@agoric", "xsnap", "moddable", "xs");
}

/** Folders that `#include` reaches, as flags that also silence warnings in them. */
export function xsIncludeFlags(root: string): string[] {
  return ["sources", "includes", "platforms"].flatMap((name) => ["-isystem", join(xsFolder(root), name)]);
}

/** Parser and coder, nothing that runs. */
export const COMPILER_SOURCES: readonly string[] = [
  "xsBigInt",
  "xsCode",
  "xsCommon",
  "xsdtoa",
  "xsLexical",
  "xsre",
  "xsScope",
  "xsScript",
  "xsSourceMap",
  "xsSyntaxical",
  "xsTree",
];

/** The host's root machine: everything but the parser and snapshots. */
export function freezerSources(root: string): string[] {
  const left = new Set(["xsSnapshot", "xsSourceMap", "xsCode", "xsLexical", "xsScope", "xsSyntaxical", "xsTree"]);
  return allSources(root).filter((name) => !left.has(name));
}

/** A device's machine: no parser, no debugger, no profiler, no default platform. */
export function deviceSources(root: string): string[] {
  const left = new Set(["xsDebug", "xsPlatforms", "xsProfile", "xsScript"]);
  return freezerSources(root).filter((name) => !left.has(name));
}

function allSources(root: string): string[] {
  return readdirSync(join(xsFolder(root), "sources"))
    .filter((name) => name.endsWith(".c"))
    .map((name) => name.slice(0, -2))
    .sort();
}
