import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { linkArchive } from "./archive.ts";
import { BuildError } from "./build-error.ts";
import type { CompiledModule } from "./byte-code.ts";
import type { FrozenRoot } from "./frozen-root.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-archive-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HASH = Uint8Array.from({ length: 32 }, (_, index) => 0xa0 + index);

/** A root whose keys are the given names; null stands for a symbol. */
const rootOf = (
  keys: readonly (string | null)[],
  modules: readonly string[] = [],
  authority: readonly string[] = [],
): FrozenRoot => ({
  source: "root.c",
  hash: HASH,
  keys,
  modules: new Set(modules),
  authority: new Set(authority),
  closed: undefined,
});

const atom = (type: string, body: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.write(type, 4, "latin1");
  bytes.set(body, 8);
  return bytes;
};

/** Code of three bytes an id: a stand-in for an operation, and the id. */
const codeOf = (ids: readonly number[]): Buffer => Buffer.concat(ids.map((id) => Buffer.of(0x77, id & 0xff, id >> 8)));

/** Writes a .xsb file whose code uses the ids of its names in the given order. */
function moduleOf(
  name: string,
  names: readonly string[],
  ids: readonly number[],
  imports: string[] = [],
): CompiledModule {
  const symbols = Buffer.concat([
    Buffer.of((names.length + 1) & 0xff, (names.length + 1) >> 8),
    Buffer.from(names.map((each) => `${each}\0`).join(""), "latin1"),
  ]);
  const offsets = Buffer.alloc(ids.length * 4);
  ids.forEach((_, index) => {
    offsets.writeUInt32BE(index * 3 + 1, index * 4);
  });
  const atoms = [
    atom("VERS", Buffer.of(13, 3, 0, 0)),
    atom("SYMB", symbols),
    atom("CODE", codeOf(ids)),
    atom("MAPS", offsets),
  ];
  const path = join(folder, `${name.replaceAll("/", "_")}.xsb`);
  writeFileSync(path, atom("XS_B", Buffer.concat(atoms)));
  return { name, path, imports };
}

interface ReadArchive {
  readonly header: readonly number[];
  readonly rootHash: Uint8Array;
  readonly names: readonly string[];
  readonly modules: readonly { name: string; offset: number; ids: readonly number[] }[];
}

/** An independent reader of the format in docs/design/0002-archive.md. */
function readArchive(archive: Uint8Array): ReadArchive {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.length);
  const word = (offset: number): number => bytes.readUInt32LE(offset);
  const text = (offset: number): string => bytes.toString("latin1", offset, bytes.indexOf(0, offset));
  const header = Array.from({ length: 8 }, (_, index) => word(index * 4));
  const [, , , moduleCount = 0, nameCount = 0, , namesOffset = 0, modulesOffset = 0] = header;
  return {
    header,
    rootHash: bytes.subarray(32, 64),
    names: Array.from({ length: nameCount }, (_, index) => text(word(namesOffset + index * 4))),
    modules: Array.from({ length: moduleCount }, (_, index) => {
      const at = modulesOffset + index * 12;
      const [offset, byteLength] = [word(at + 4), word(at + 8)];
      const ids = Array.from({ length: byteLength / 3 }, (_, use) => bytes.readUInt16LE(offset + use * 3 + 1));
      return { name: text(word(at)), offset, ids };
    }),
  };
}

const refusal = (link: () => unknown): BuildError => {
  try {
    link();
  } catch (error) {
    expect(error).toBeInstanceOf(BuildError);
    return error as BuildError;
  }
  throw new Error("nothing was refused");
};

describe("linkArchive lays out", () => {
  it("a header that says what follows", () => {
    const archive = linkArchive([moduleOf("app", ["own"], [1])], "app", rootOf(["a", "b", null]));
    const { header, rootHash } = readArchive(archive);
    expect(header.slice(0, 6)).toEqual([0x52414648, 1, archive.length, 1, 2, 3]);
    expect(Buffer.from(archive.subarray(0, 4)).toString("latin1")).toBe("HFAR");
    expect(rootHash).toEqual(Buffer.from(HASH));
    expect(archive.length % 16).toBe(0);
  });

  it("the entry first and the others by name", () => {
    const modules = ["zebra", "app", "apple", "Zoo"].map((name) => moduleOf(name, [], []));
    const { modules: found } = readArchive(linkArchive(modules, "app", rootOf([])));
    expect(found.map(({ name }) => name)).toEqual(["app", "Zoo", "apple", "zebra"]);
  });

  it("names that the root lacks, sorted, each once", () => {
    const modules = [moduleOf("app", ["zeta", "push", "alpha"], []), moduleOf("other", ["alpha", "beta"], [])];
    const { names } = readArchive(linkArchive(modules, "app", rootOf(["push"])));
    expect(names).toEqual(["alpha", "app", "beta", "other", "zeta"]);
  });

  it("code at multiples of 4 and tables inside the archive", () => {
    const modules = [moduleOf("app", ["x"], [1, 1, 1]), moduleOf("b", ["x"], [1]), moduleOf("c", ["x"], [1])];
    const { header, modules: found } = readArchive(linkArchive(modules, "app", rootOf([])));
    expect(found.map(({ offset }) => offset % 4)).toEqual([0, 0, 0]);
    expect([(header[6] ?? 1) % 4, (header[7] ?? 1) % 4]).toEqual([0, 0]);
  });

  it("equal texts once", () => {
    const archive = Buffer.from(
      linkArchive([moduleOf("name-of-both", ["name-of-both"], [1])], "name-of-both", rootOf([])),
    );
    expect(archive.toString("latin1").split("name-of-both").length - 1).toBe(1);
  });

  it("the same bytes for the same modules in any order", () => {
    const modules = [moduleOf("app", ["one", "two"], [1, 2]), moduleOf("b", ["two", "three"], [2, 1])];
    const root = rootOf(["two"]);
    expect(linkArchive([...modules].reverse(), "app", root)).toEqual(linkArchive(modules, "app", root));
  });
});

describe("linkArchive maps ids", () => {
  const root = rootOf([null, "length", "push", null]);

  it("to the root's for its names, and to those after it for others", () => {
    const { names, modules } = readArchive(
      linkArchive([moduleOf("app", ["push", "mine", "length"], [3, 2, 1])], "app", root),
    );
    expect(names).toEqual(["app", "mine"]);
    expect(modules[0]?.ids).toEqual([1, 5, 2]);
  });

  it("to the same in every module", () => {
    const modules = [moduleOf("app", ["mine"], [1]), moduleOf("b", ["push", "mine"], [2, 1])];
    const found = readArchive(linkArchive(modules, "app", root)).modules;
    expect(found[0]?.ids[0]).toBe(found[1]?.ids[0]);
  });

  it("and leaves 0, which means no name", () => {
    const { modules } = readArchive(linkArchive([moduleOf("app", ["mine"], [0, 1])], "app", root));
    expect(modules[0]?.ids).toEqual([0, 5]);
  });

  it("without changing the module's file", () => {
    const module = moduleOf("app", ["mine"], [1]);
    const before = readFileSync(module.path);
    linkArchive([module], "app", root);
    expect(readFileSync(module.path)).toEqual(before);
  });

  it("apart for names that differ only in what is no text", () => {
    const lone = ["\xed\xa0\x80", "\xed\xa0\x81", "\xef\xbf\xbd", "a\xc0\x80b"];
    const { names, modules } = readArchive(
      linkArchive([moduleOf("app", lone, [1, 2, 3, 4])], "app", rootOf(["\xed\xa0\x81"])),
    );
    expect(names).toEqual(["app", "a\xc0\x80b", "\xed\xa0\x80", "\xef\xbf\xbd"]);
    expect(modules[0]?.ids).toEqual([3, 0, 4, 2]);
  });

  it("of module names in UTF-8", () => {
    const { names } = readArchive(linkArchive([moduleOf("grün", ["gr\xc3\xbcn"], [1])], "grün", rootOf([])));
    expect(names).toEqual(["gr\xc3\xbcn"]);
  });
});

describe("linkArchive refuses", () => {
  it("a missing entry", () => {
    const error = refusal(() => linkArchive([moduleOf("app", [], [])], "start", rootOf([])));
    expect([error.code, error.message]).toEqual([
      "link-failed",
      "expected a module named start, found none in the manifest",
    ]);
  });

  it("an import that neither archive nor root has", () => {
    const modules = [moduleOf("app", [], [], ["present", "shared", "absent"]), moduleOf("present", [], [])];
    const error = refusal(() => linkArchive(modules, "app", rootOf([], ["shared"])));
    expect([error.code, error.message]).toEqual([
      "link-failed",
      "app: expected absent in the runtime or the app, found it in neither",
    ]);
  });

  it("an import that reaches hardware", () => {
    const modules = [moduleOf("app", [], [], ["driver", "board"])];
    const error = refusal(() => linkArchive(modules, "app", rootOf([], ["driver", "board"], ["board"])));
    expect([error.code, error.message]).toEqual([
      "link-failed",
      "app: expected modules that hold no hardware, found the import of board: an app gets its devices as an argument",
    ]);
  });

  it("a module that the root's would hide", () => {
    const error = refusal(() =>
      linkArchive([moduleOf("app", [], []), moduleOf("shared", [], [])], "app", rootOf([], ["shared"])),
    );
    expect([error.code, error.message]).toEqual([
      "link-failed",
      "shared: expected a module name that the runtime does not have, found one that its module would hide",
    ]);
  });

  it("more names than ids", () => {
    const names = Array.from({ length: 200 }, (_, index) => `name${index}`);
    const root = rootOf(Array.from({ length: 0x7fff - 200 }, (_, index) => `key${index}`));
    expect(() => linkArchive([moduleOf("name0", names, [])], "name0", root)).not.toThrow();
    const error = refusal(() => linkArchive([moduleOf("app", names, [])], "app", root));
    expect([error.code, error.message]).toEqual(["link-failed", "expected at most 32767 names, found 32768"]);
  });

  it("more names and modules than a device reads", () => {
    const names = Array.from({ length: 0x4000 }, (_, index) => `name${index}`);
    expect(() => linkArchive([moduleOf("name0", names, [])], "name0", rootOf([]))).not.toThrow();
    const error = refusal(() => linkArchive([moduleOf("app", names, [])], "app", rootOf([])));
    expect(error.message).toBe("expected at most 16384 names that the runtime lacks, found 16385");
    const module = moduleOf("app", [], []);
    const many = Array.from({ length: 0x401 }, (_, index) => ({ ...module, name: index === 0 ? "app" : `m${index}` }));
    expect(() => linkArchive(many.slice(1), "m1", rootOf([]))).not.toThrow();
    expect(refusal(() => linkArchive(many, "app", rootOf([]))).message).toBe(
      "expected at most 1024 modules, found 1025",
    );
  });

  it("a file that is cut off", () => {
    const module = moduleOf("app", ["mine"], [1]);
    writeFileSync(module.path, readFileSync(module.path).subarray(0, -2));
    expect(refusal(() => linkArchive([module], "app", rootOf([]))).code).toBe("compile-failed");
  });
});
