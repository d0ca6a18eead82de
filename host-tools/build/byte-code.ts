/** Turns the modules of a manifest into byte code files, one a module. */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join, relative, sep } from "node:path";
import { runCommand } from "../setup/run-command.ts";
import { BuildError } from "./build-error.ts";
import { type EmittedModule, emitConfig, emitModule } from "./emit.ts";
import type { Manifest } from "./manifest.ts";
import { type NativeFunction, readNativeDeclarations } from "./native-declarations.ts";
import { diskFullError, replaceFile } from "./replace-file.ts";
import { CONFIG_MODULE } from "./resolve.ts";
import { forgetFile, runStep } from "./step.ts";

/** A module ready to be frozen or linked. */
export interface CompiledModule {
  readonly name: string;
  /** Absolute path of its .xsb file. */
  readonly path: string;
  /** Names of the modules that it imports. */
  readonly imports: readonly string[];
}

export interface CompiledProgram {
  readonly modules: readonly CompiledModule[];
  /** The C functions that its native modules stand for. */
  readonly functions: readonly NativeFunction[];
}

/** An identity source map: data modules and generated ones are their own source. */
function identityMap(code: string, name: string): string {
  const lines = code.split("\n").length;
  return JSON.stringify({ version: 3, sources: [name], names: [], mappings: `AAAA${";AACA".repeat(lines - 1)}` });
}

/**
 * A native module is its exports bound to C functions; at build time they are the freezer's stubs.
 */
function nativeModule(name: string, functions: readonly NativeFunction[]): EmittedModule {
  const symbols = functions.map(({ symbol }) => symbol).join(", ");
  const exports = functions.map((each) => `${each.symbol} as ${each.function}`).join(", ");
  const code = `const { ${symbols} } = globalThis.__native;\nexport { ${exports} };\n`;
  return { name, code, sourceMap: undefined, imports: [] };
}

export interface CompileOptions {
  readonly manifest: Manifest;
  /** Where imports may lead; the manifest itself when left out. An app's reach into the runtime's modules. */
  readonly reach?: Manifest;
  /** Absolute path of the repository. */
  readonly root: string;
  /** Absolute path of the folder for the module files. */
  readonly folder: string;
  /** Path of xs-compile. */
  readonly compiler: string;
  /** Native modules belong to the root only: an archive that imports one is refused. */
  readonly allowNative: boolean;
}

/**
 * Emits and compiles every module of the manifest that is stale.
 *
 * @throws BuildError compile-failed when XS cannot take the code, and what emitModule throws
 */
export async function compileModules(options: CompileOptions): Promise<CompiledProgram> {
  const { manifest, reach = manifest, root, allowNative } = options;
  const functions: NativeFunction[] = [];
  const modules: CompiledModule[] = [];
  if (allowNative) {
    for (const [name, path] of manifest.native.declarations) {
      const declared = readNativeDeclarations(name, path);
      functions.push(...declared);
      modules.push(await compileModule(nativeModule(name, declared), relative(root, path), options));
    }
  }
  modules.push(await compileModule(emitConfig(manifest), CONFIG_MODULE, options));
  for (const [name, path] of manifest.modules) {
    const emitted = await emitModule({ name, path, manifest: reach, root });
    modules.push(await compileModule(emitted, relative(root, path).split(sep).join("/"), options));
  }
  return { modules, functions };
}

async function compileModule(module: EmittedModule, source: string, options: CompileOptions): Promise<CompiledModule> {
  const base = join(options.folder, module.name.replaceAll(/[^\w.-]/g, "_"));
  const path = `${base}.xsb`;
  // A module of types alone emits nothing, and XS cannot read a source map without sources.
  const isEmpty = module.code.trim() === "";
  const code = isEmpty ? "export {};\n" : module.code;
  const map = isEmpty ? identityMap(code, source) : (module.sourceMap ?? identityMap(code, source));
  // A closed root gives up file and line of its errors for size; it keeps the names of functions.
  const flags = options.manifest.strip === "*" ? ["--no-positions"] : [];
  const inputs = [{ file: options.compiler }, { text: [...flags, source].join(" ") }, { text: code }, { text: map }];
  await runStep([path], inputs, async () => {
    replaceFile(`${base}.js`, code);
    replaceFile(`${base}.js.map`, map);
    const { exitCode, stderr } = await runCommand(options.compiler, [
      ...flags,
      `${base}.js`,
      `${base}.js.map`,
      source,
      path,
    ]);
    if (exitCode !== 0) {
      const line = stderr.trim().split("\n")[0] ?? "";
      const told = line === "" ? `${source}: xs-compile ended with ${exitCode}` : atSourceLine(line, source, code, map);
      throw diskFullError(path, stderr) ?? new BuildError("compile-failed", told);
    }
    forgetFile(path);
  });
  return { name: module.name, path, imports: module.imports.map(({ resolved }) => resolved.name) };
}

/** xs-compile tells the source's name with the line of the emitted code: types that were erased made it a lower one. */
function atSourceLine(text: string, source: string, code: string, map: string): string {
  const [place = "", digits = ""] = /^:(\d+)(?=: )/.exec(text.slice(source.length)) ?? [];
  if (!text.startsWith(source) || place === "") return text;
  const line = Number(digits) - 1;
  // A line's first position is that of its first token; asked for column 0, the map would answer for the line before.
  const column = code.split("\n")[line]?.search(/\S/) ?? 0;
  const entry = new SourceMap(JSON.parse(map)).findEntry(line, Math.max(0, column));
  if (!("originalLine" in entry)) return text;
  return `${source}:${entry.originalLine + 1}${text.slice(source.length + place.length)}`;
}

/**
 * A name as XS stores it, a character a byte. XS writes a lone surrogate as three bytes and U+0000 as two, which no UTF-8
 * decoder gives back, so names stay bytes while they are compared.
 */
export function byteName(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The parts of a .xsb file that a linker needs. */
export interface ByteCode {
  /** Names by the module's own ids, a character a byte (see `byteName`); index 0 is reserved. */
  readonly names: readonly string[];
  readonly code: Uint8Array;
  /** Offsets in `code` of 2-byte little-endian ids. */
  readonly idOffsets: readonly number[];
}

const ATOM_SYMBOLS = 0x53594d42;
const ATOM_CODE = 0x434f4445;
const ATOM_MAPS = 0x4d415053;

/** Reads a .xsb file as xs-compile wrote it. */
export function readByteCode(path: string): ByteCode {
  const bytes = readFileSync(path);
  const atoms = new Map<number, Buffer>();
  for (let at = 8; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length)
      throw new BuildError("compile-failed", `${path}: atom at ${at} is cut off`);
    atoms.set(bytes.readUInt32BE(at + 4), bytes.subarray(at + 8, at + size));
    at += size;
  }
  const symbols = atoms.get(ATOM_SYMBOLS);
  const code = atoms.get(ATOM_CODE);
  const maps = atoms.get(ATOM_MAPS);
  if (!symbols || !code || !maps) throw new BuildError("compile-failed", `${path}: expected SYMB, CODE and MAPS atoms`);
  const count = symbols.readUInt16LE(0);
  const names = ["", ...symbols.subarray(2).toString("latin1").split("\0")].slice(0, count);
  const idOffsets = Array.from({ length: maps.length / 4 }, (_, index) => maps.readUInt32BE(index * 4));
  return { names, code, idOffsets };
}
