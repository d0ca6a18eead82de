/** Links byte code into an archive whose ids are those of one frozen root (docs/design/0002-archive.md). */
import { BuildError } from "./build-error.ts";
import { byteName, type CompiledModule, readByteCode } from "./byte-code.ts";
import type { FrozenRoot } from "./frozen-root.ts";

const MAGIC = 0x52414648;
const VERSION = 1;
const HEADER_BYTE_LENGTH = 64;
const MODULE_BYTE_LENGTH = 12;
/** XS ids are 16 bits; the top of the range stays free for names that a program makes at run time. */
const MAXIMUM_ID = 0x7fff;
/** What a device reads at most (hal/native/xs/archive.c). */
const MAXIMUM_NAMES = 0x4000;
const MAXIMUM_MODULES = 0x400;

/** Appends parts at aligned offsets and remembers where each began. */
class Layout {
  readonly #parts: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  get end(): number {
    return this.#end;
  }

  add(bytes: Uint8Array, alignment: number): number {
    const offset = Math.ceil(this.#end / alignment) * alignment;
    this.#parts.push({ offset, bytes });
    this.#end = offset + bytes.length;
    return offset;
  }

  writeTo(target: Uint8Array): void {
    for (const { offset, bytes } of this.#parts) target.set(bytes, offset);
  }
}

/**
 * Links modules. The entry comes first in the archive's table, the others follow by name.
 *
 * @param entry name of the module that runs first
 * @throws BuildError link-failed when the entry is missing, an import is in neither archive nor root, a module has
 * the name of one in the root or reaches for hardware, or there are more modules or names than a device reads
 */
export function linkArchive(modules: readonly CompiledModule[], entry: string, root: FrozenRoot): Uint8Array {
  if (root.closed !== undefined)
    throw new BuildError(
      "link-failed",
      'expected a runtime without "strip": "*", because it left out what apps may need',
    );
  const first = modules.find(({ name }) => name === entry);
  if (first === undefined)
    throw new BuildError("link-failed", `expected a module named ${entry}, found none in the manifest`);
  const names = new Set(modules.map(({ name }) => name));
  for (const { name, imports } of modules) {
    const missing = imports.find((each) => !names.has(each) && !root.modules.has(each));
    if (missing !== undefined)
      throw new BuildError(
        "link-failed",
        `${name}: expected ${missing} in the runtime or the app, found it in neither`,
      );
  }
  for (const { name, imports } of modules) {
    const reached = imports.find((each) => root.authority.has(each));
    if (reached !== undefined) throw hardwareImportError(name, reached);
  }
  const hidden = modules.find(({ name }) => root.modules.has(name));
  if (hidden !== undefined)
    throw new BuildError(
      "link-failed",
      `${hidden.name}: expected a module name that the runtime does not have, found one that its module would hide`,
    );
  const others = modules.filter((module) => module !== first).sort((a, b) => (a.name < b.name ? -1 : 1));
  return layOut([first, ...others], root);
}

/** An app's module imports one that reaches hardware by itself. */
export function hardwareImportError(module: string, reached: string): BuildError {
  return new BuildError(
    "link-failed",
    `${module}: expected modules that hold no hardware, found the import of ${reached}: an app gets its devices as an argument`,
  );
}

function layOut(modules: readonly CompiledModule[], root: FrozenRoot): Uint8Array {
  const codes = modules.map(({ name, path }) => ({ name: byteName(name), ...readByteCode(path) }));
  const rootIds = new Map<string, number>();
  root.keys.forEach((name, id) => {
    if (name !== null) rootIds.set(name, id);
  });
  const used = new Set([...codes.flatMap(({ names }) => names.slice(1)), ...codes.map(({ name }) => name)]);
  const own = [...used].filter((name) => !rootIds.has(name)).sort();
  const firstId = root.keys.length;
  if (own.length > MAXIMUM_NAMES)
    throw new BuildError(
      "link-failed",
      `expected at most ${MAXIMUM_NAMES} names that the runtime lacks, found ${own.length}`,
    );
  if (modules.length > MAXIMUM_MODULES)
    throw new BuildError("link-failed", `expected at most ${MAXIMUM_MODULES} modules, found ${modules.length}`);
  if (firstId + own.length > MAXIMUM_ID)
    throw new BuildError("link-failed", `expected at most ${MAXIMUM_ID} names, found ${firstId + own.length}`);
  const ids = new Map([...rootIds, ...own.map((name, index) => [name, firstId + index] as const)]);

  const layout = new Layout(HEADER_BYTE_LENGTH);
  const nameTable = new Uint32Array(own.length);
  const moduleTable = new Uint32Array(modules.length * 3);
  const namesOffset = layout.add(new Uint8Array(nameTable.byteLength), 4);
  const modulesOffset = layout.add(new Uint8Array(modules.length * MODULE_BYTE_LENGTH), 4);
  const texts = new Map<string, number>();
  const addText = (text: string): number => {
    const offset = texts.get(text) ?? layout.add(Buffer.from(`${text}\0`, "latin1"), 1);
    texts.set(text, offset);
    return offset;
  };
  own.forEach((name, index) => {
    nameTable[index] = addText(name);
  });
  codes.forEach(({ name, names, code, idOffsets }, index) => {
    const linked = Uint8Array.from(code);
    const view = new DataView(linked.buffer);
    for (const offset of idOffsets) {
      const local = view.getUint16(offset, true);
      if (local !== 0) view.setUint16(offset, ids.get(names[local] ?? "") ?? 0, true);
    }
    moduleTable[index * 3] = addText(name);
    moduleTable[index * 3 + 1] = layout.add(linked, 4);
    moduleTable[index * 3 + 2] = linked.length;
  });

  const archive = new Uint8Array(Math.ceil(layout.end / 16) * 16);
  layout.writeTo(archive);
  const header = [MAGIC, VERSION, archive.length, modules.length, own.length, firstId, namesOffset, modulesOffset];
  writeUint32s(archive, 0, header);
  archive.set(root.hash, 32);
  writeUint32s(archive, namesOffset, nameTable);
  writeUint32s(archive, modulesOffset, moduleTable);
  return archive;
}

function writeUint32s(target: Uint8Array, offset: number, values: Iterable<number>): void {
  const view = new DataView(target.buffer);
  let at = offset;
  for (const value of values) {
    view.setUint32(at, value, true);
    at += 4;
  }
}
