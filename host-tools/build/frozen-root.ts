/** Makes the frozen root of one image: built-ins and preloaded modules as C constants, with the list of its keys. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../setup/run-command.ts";
import { BuildError } from "./build-error.ts";
import type { CompiledModule, CompiledProgram } from "./byte-code.ts";
import type { ClosedFeatures } from "./closed-engine.ts";
import type { HostCompilers } from "./host-compilers.ts";
import type { Creation, Manifest } from "./manifest.ts";
import { diskFullError, replaceFile } from "./replace-file.ts";
import { forgetFile, runStep } from "./step.ts";

export interface FrozenRoot {
  /** Path of the generated C file. */
  readonly source: string;
  /** SHA-256 of the root, 32 bytes: what an archive must name to run on it. */
  readonly hash: Uint8Array;
  /** Names by id, a character a byte (see `byteName`); null where a key is a symbol. */
  readonly keys: readonly (string | null)[];
  /** Names of the modules that it holds. */
  readonly modules: ReadonlySet<string>;
  /** Those of them that no app may import. */
  readonly authority: ReadonlySet<string>;
  /** What it leaves out; undefined when machines may load further modules, and so may need all of it. */
  readonly closed: ClosedRoot | undefined;
}

/** A root that holds what its own program can reach and nothing else. */
export interface ClosedRoot extends ClosedFeatures {
  /** Operations that its byte code uses, by XS's numbers. */
  readonly operations: ReadonlySet<number>;
}

/** No machine on a device may compile text or share memory, whatever a manifest says. */
const ALWAYS_REMOVED = [
  "Atomics",
  "Compartment",
  "Function",
  "ModuleSource",
  "SharedArrayBuffer",
  "escape",
  "eval",
  "trace",
  "unescape",
];

/** What XS wants to know of its parser tables, although no machine has a parser: zero would corrupt memory. */
const PARSER_BUFFER = 1024;
const PARSER_TABLE = 17;

/** txCreation of the device's machines, in XS's order. */
export function creationNumbers({ chunk, heap, stack, keys, static: all }: Creation): readonly number[] {
  return [
    chunk.initial,
    chunk.incremental,
    heap.initial,
    heap.incremental,
    stack,
    keys.initial,
    keys.incremental,
    keys.name,
    keys.symbol,
    PARSER_BUFFER,
    PARSER_TABLE,
    all,
  ];
}

/**
 * Freezes the root.
 *
 * @throws BuildError freeze-refused when a module does what a frozen root cannot hold; the message names module and object
 */
export async function freezeRoot(
  manifest: Manifest,
  program: CompiledProgram,
  compilers: HostCompilers,
  folder: string,
): Promise<FrozenRoot> {
  const specification = specify(manifest, program);
  const specificationPath = join(folder, "root.txt");
  const source = join(folder, "root.c");
  const keysPath = join(folder, "root.keys.json");
  const inputs = [
    { text: specification },
    { file: compilers.freeze },
    { file: compilers.freezeSymbols },
    ...program.modules.map(({ path }) => ({ file: path })),
  ];
  await runStep([source, keysPath], inputs, async () => {
    mkdirSync(folder, { recursive: true });
    replaceFile(specificationPath, specification);
    const draft = `${source}.${process.pid}.draft`;
    const keysDraft = `${keysPath}.${process.pid}.draft`;
    try {
      const args = [specificationPath, compilers.freezeSymbols, draft, keysDraft];
      const { exitCode, stderr } = await runCommand(compilers.freeze, args);
      if (exitCode !== 0) throw diskFullError(source, stderr) ?? refusal(stderr, exitCode);
      const body = readFileSync(draft, "utf8");
      const hash = createHash("sha256").update(body).digest();
      replaceFile(source, `${body}${hashDeclaration(hash)}`);
      replaceFile(keysPath, readFileSync(keysDraft));
    } finally {
      rmSync(draft, { force: true });
      rmSync(keysDraft, { force: true });
    }
    forgetFile(source);
    forgetFile(keysPath);
  });
  const { keys, modules, closed } = JSON.parse(readFileSync(keysPath, "latin1")) as {
    keys: (string | null)[];
    modules: string[];
    closed?: ClosedFeatures & { operations: number[] };
  };
  return {
    source,
    hash: readHash(source),
    keys,
    modules: new Set(modules.map((name) => Buffer.from(name, "latin1").toString("utf8"))),
    authority: authorityModules(program.modules),
    closed: closed === undefined ? undefined : { ...closed, operations: new Set(closed.operations) },
  };
}

/**
 * The modules that reach hardware by themselves: native ones, and all that import one of these, however far away. An app
 * that could import them would need no grant.
 */
export function authorityModules(modules: readonly CompiledModule[]): ReadonlySet<string> {
  const found = new Set(modules.map(({ name }) => name).filter((name) => name.startsWith("native:")));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { name, imports } of modules) if (imports.some((each) => found.has(each))) found.add(name);
  }
  return found;
}

/** True when no machine of the root loads a module: then only what its program can reach stays. */
export function isClosed({ strip }: Manifest): boolean {
  return strip === "*";
}

function specify(manifest: Manifest, { modules, functions }: CompiledProgram): string {
  const strip = typeof manifest.strip === "string" ? [] : (manifest.strip ?? []);
  const removed = [...new Set([...ALWAYS_REMOVED, ...strip])].sort();
  const lines = [
    `creation\t${creationNumbers(manifest.creation).join("\t")}`,
    ...functions.map(({ symbol, parameterCount }) => `function\t${symbol}\t${parameterCount}`),
    ...modules.map(({ name, path }) => `module\t${name}\t${path}`),
    ...manifest.preload.map((name) => `preload\t${name}`),
    ...removed.map((name) => `remove\t${name}`),
    ...(isClosed(manifest) ? [`close\t${manifest.creation.main}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** The first finding; for an error that a module body threw also the innermost place in a source file. */
function refusal(stderr: string, exitCode: number): BuildError {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const findings = lines.filter((line) => !line.startsWith(" at "));
  const place = lines
    .map((line) => /^ at (?:\(([^()]+:\d+)\)|(\S.* \(.+:\d+\)))$/.exec(line))
    .find((match) => match !== null);
  const where = place ? `, at ${place[1] ?? place[2]}` : "";
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
  const first = findings[0] ?? `xs-freeze ended with exit code ${exitCode}`;
  return new BuildError("freeze-refused", `frozen root: ${first}${where}${more}`);
}

function hashDeclaration(hash: Uint8Array): string {
  return `extern const txU1 gxRootHash[32];\nconst txU1 gxRootHash[32] = { /* sha256 */ ${[...hash].join(", ")} };\n`;
}

function readHash(source: string): Uint8Array {
  const numbers = /\/\* sha256 \*\/ ([\d, ]+)/.exec(readFileSync(source, "utf8").slice(-400))?.[1];
  if (numbers === undefined) throw new BuildError("freeze-refused", `${source}: expected the root's hash at its end`);
  return Uint8Array.from(numbers.split(",").map(Number));
}
