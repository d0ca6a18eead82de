/** Counts what one stage is made of, from its link map and from what the linker took: lines that must be right, bytes that run. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { type Contribution, readLinkMap } from "../bench/link-map.ts";
import { parseDependencies } from "../build/dependency-file.ts";
import type { Manifest } from "../build/manifest.ts";
import { countCodeLines } from "./code-lines.ts";
import { TcbError } from "./tcb-error.ts";

/** Who wrote a part, in the order of the tables. */
export const ORIGINS = ["TypeScript", "our C and assembly", "XS", "mbedTLS", "C library", "frozen objects"] as const;
export type Origin = (typeof ORIGINS)[number];

export interface PartCount {
  /** Lines of code of all files of which any byte is linked; 0 where there are no sources. More than what runs. */
  readonly lines: number;
  /** Files of which any byte is linked; members of an archive for the C library. */
  readonly files: number;
  /** Bytes in the image: code, constants and initial data. */
  readonly bytes: number;
}

export interface StageCount {
  readonly parts: Readonly<Record<Origin, PartCount>>;
  /** Bytes of the image, padding between its parts included. */
  readonly imageBytes: number;
  /** Bytes of RAM that are taken before the machine's arena: initial data and bss. The stack comes on top. */
  readonly dataBytes: number;
}

export interface StageFiles {
  /** Absolute path of the repository. */
  readonly root: string;
  /** Absolute path of the stage's ELF file; its map and its folders lie beside it. */
  readonly elf: string;
  readonly manifest: Manifest;
}

const FLASH_SECTIONS = new Set([".text", ".rodata", ".data", ".tdata"]);
const RAM_SECTIONS = new Set([".data", ".tdata", ".bss", ".tbss"]);
const ROOT_OBJECT = /[/\\]root-root\.c\.o$/;
const CODE_SECTION = /\.(gxCode\d+)$/;

/** @throws TcbError output-unreadable, BenchError map-unreadable */
export function countStage({ root, elf, manifest }: StageFiles): StageCount {
  const linked = readLinkMap(readFileSync(elf.replace(/\.elf$/, ".map"), "utf8"));
  const inFlash = linked.filter(({ output }) => FLASH_SECTIONS.has(output));
  const counter = new Counter(root);
  const modules = moduleNames(join(dirname(elf), "root", "root.c"));
  for (const each of inFlash) {
    const { section, object, byteLength } = each;
    // Padding and jumps that are too far for one instruction are the linker's.
    if (section === "*fill*" || object === "linker stubs") continue;
    if (!ROOT_OBJECT.test(object)) counter.addObject(originOf(each), object, byteLength);
    else {
      const code = CODE_SECTION.exec(section)?.[1];
      if (code === undefined) counter.add("frozen objects", [], byteLength);
      else counter.add("TypeScript", modulePaths(modules.get(code), manifest), byteLength);
    }
  }
  return {
    parts: counter.parts(),
    imageBytes: sum(inFlash),
    dataBytes: sum(linked.filter(({ output }) => RAM_SECTIONS.has(output))),
  };
}

function sum(contributions: readonly Contribution[]): number {
  return contributions.reduce((total, { byteLength }) => total + byteLength, 0);
}

/** Names of the modules whose byte code a root holds, by the names of their arrays in its C file. */
function moduleNames(path: string): ReadonlyMap<string, string> {
  const text = readFileSync(path, "utf8");
  return new Map(
    [...text.matchAll(/^\/\* (.+) \*\/\nstatic const txU1 (gxCode\d+)\[/gm)].map((match) => [
      match[2] ?? "",
      match[1] ?? "",
    ]),
  );
}

/** A module of the build's own, such as `mc/config`, has no file. */
function modulePaths(name: string | undefined, manifest: Manifest): readonly string[] {
  if (name === undefined) throw new TcbError("output-unreadable", "root.c: expected the name of a module's byte code");
  const path = manifest.modules.get(name) ?? manifest.native.declarations.get(name);
  return path === undefined ? [] : [path];
}

function originOf({ object }: Contribution): Origin {
  if (/\.a\(/.test(object) || /[/\\]crt\w*\.o$/.test(object)) return "C library";
  if (/[/\\]shared[/\\]mbedtls[/\\]/.test(object)) return "mbedTLS";
  return /[/\\](?:sources|generated)-xs\w+\.c\.o$/.test(object) ? "XS" : "our C and assembly";
}

class Counter {
  readonly #root: string;
  readonly #files = new Map<Origin, Set<string>>();
  readonly #bytes = new Map<Origin, number>();

  constructor(root: string) {
    this.#root = root;
  }

  add(origin: Origin, files: readonly string[], byteLength: number): void {
    const known = this.#files.get(origin) ?? new Set();
    for (const file of files) known.add(file);
    this.#files.set(origin, known);
    this.#bytes.set(origin, (this.#bytes.get(origin) ?? 0) + byteLength);
  }

  /** An object's sources are what its compiler read: of ours with our headers, of others the file itself. */
  addObject(origin: Origin, object: string, byteLength: number): void {
    if (origin === "C library") {
      this.add(origin, [object], byteLength);
      return;
    }
    const path = `${object}.d`;
    if (!existsSync(path)) throw new TcbError("output-unreadable", `${object}: expected a dependency file beside it`);
    const [source = "", ...headers] = parseDependencies(readFileSync(path, "utf8"));
    const own = headers.filter((header) => header.startsWith(join(this.#root, "hal") + sep));
    this.add(origin, origin === "our C and assembly" ? [source, ...own] : [source], byteLength);
  }

  parts(): Record<Origin, PartCount> {
    const part = (origin: Origin): PartCount => {
      const files = [...(this.#files.get(origin) ?? [])];
      const lines = origin === "C library" ? 0 : files.reduce((total, file) => total + linesOf(file), 0);
      return { lines, files: files.length, bytes: this.#bytes.get(origin) ?? 0 };
    };
    return Object.fromEntries(ORIGINS.map((origin) => [origin, part(origin)])) as Record<Origin, PartCount>;
  }
}

const lineCounts = new Map<string, number>();

function linesOf(file: string): number {
  const lines = lineCounts.get(file) ?? countCodeLines(readFileSync(file, "utf8"));
  lineCounts.set(file, lines);
  return lines;
}
