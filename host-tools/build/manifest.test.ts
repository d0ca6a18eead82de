/** Tests of reading and combining manifests. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fastCheck from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { MAXIMUM_MANIFEST_BYTES, ManifestError, type ManifestOptions, readManifest } from "./manifest.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-manifest-")));
let folder = base;
let count = 0;

beforeEach(() => {
  folder = join(base, String(count++));
  mkdirSync(folder);
});
afterAll(() => rmSync(base, { recursive: true }));

function write(files: Record<string, unknown>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}

function read(options: Partial<ManifestOptions> = {}) {
  return readManifest(join(folder, "manifest.json"), { platform: "virt-a7", environment: {}, ...options });
}

function refusal(action: () => unknown): ManifestError {
  try {
    action();
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error("expected a ManifestError, found none");
}

function names(map: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...map].map(([name, path]) => [name, path.replace(`${folder}/`, "")]));
}

describe("modules", () => {
  it("names files of a wildcard by file name and leaves tests and other files out", () => {
    write({
      "manifest.json": { modules: { "*": "./code/*" } },
      "code/main.ts": "",
      "code/table.json": "",
      "code/main.test.ts": "",
      "code/notes.md": "",
    });
    expect(names(read().modules)).toEqual({ main: "code/main.ts", table: "code/table.json" });
  });

  it("renames, with and without an ending, and with a wildcard", () => {
    write({
      "manifest.json": {
        modules: { "embedded:io/digital": "./io/digital", other: ["./io/serial.ts"], "pins/*": "./pins/p*" },
      },
      "io/digital.ts": "",
      "io/serial.ts": "",
      "pins/p1.js": "",
      "pins/p2.ts": "",
      "pins/q.ts": "",
    });
    expect(names(read().modules)).toEqual({
      "embedded:io/digital": "io/digital.ts",
      other: "io/serial.ts",
      "pins/p1": "pins/p1.js",
      "pins/p2": "pins/p2.ts",
    });
  });

  it("lets a spelled-out name win over a file's own name", () => {
    write({ "manifest.json": { modules: { "*": "./*", first: "./main" } }, "main.ts": "" });
    expect(Object.keys(names(read().modules))).toEqual(["first", "manifest"]);
  });

  it("leaves out what ~ names", () => {
    write({
      "manifest.json": { modules: { "*": "./code/*", "~": ["./code/b", "./code/x*"] } },
      "code/a.ts": "",
      "code/b.ts": "",
      "code/x1.ts": "",
    });
    expect(names(read().modules)).toEqual({ a: "code/a.ts" });
  });

  it("sorts native files by what they are for", () => {
    write({
      "manifest.json": { modules: { "native:*": ["./cpu/*"] } },
      "cpu/cpu.c": "",
      "cpu/cpu.d.ts": "",
      "cpu/cpu.h": "",
      "cpu/entry.S": "",
    });
    const { modules, native } = read();
    expect(modules.size).toBe(0);
    expect(names(native.declarations)).toEqual({ "native:cpu": "cpu/cpu.d.ts" });
    expect(native.sources).toEqual([join(folder, "cpu/cpu.c"), join(folder, "cpu/entry.S")]);
    expect(native.headerDirectories).toEqual([join(folder, "cpu")]);
  });

  it("takes a .d.ts beside a .js module as its description", () => {
    write({ "manifest.json": { modules: { "*": "./code/*" } }, "code/a.js": "", "code/a.d.ts": "" });
    expect(read().native.declarations.size).toBe(0);
  });

  it.each<[string, object, string, string]>([
    ["a path that names nothing", { modules: { "*": "./absent" } }, "missing-file", "found none"],
    ["two files of one name", { modules: { "*": ["./a/x", "./b/x"] } }, "duplicate-module", 'one file named "x"'],
    ["two names of one file", { modules: { one: "./a/x", two: "./a/x" } }, "duplicate-module", "one name for"],
    ["a wildcard in a folder", { modules: { "*": "./*/x" } }, "invalid-value", "last part of a path"],
    ["a declaration that is not native", { modules: { "*": "./a/y" } }, "invalid-value", '"native:"'],
    ["an unknown variable", { modules: { "*": "$(NOWHERE)/x" } }, "unknown-variable", "$(NOWHERE)"],
  ])("refuses %s", (_, manifest, code, text) => {
    write({ "manifest.json": manifest, "a/x.ts": "", "b/x.ts": "", "a/y.d.ts": "" });
    const error = refusal(read);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.message).toContain(join(folder, "manifest.json"));
  });
});

describe("include and merging", () => {
  it("combines depth first, later parts winning", () => {
    write({
      "manifest.json": {
        include: ["./one/manifest.json", "./two"],
        preload: "main",
        modules: { "*": "./main" },
        config: { shared: { c: 3 }, list: [3] },
        strip: ["Date"],
      },
      "main.ts": "",
      "one/manifest.json": {
        include: "../three.json",
        modules: { "*": "./first" },
        preload: ["first"],
        config: { shared: { a: 1, b: 1 }, list: [1, 2] },
        strip: "*",
      },
      "one/first.ts": "",
      "two/manifest.json": {
        include: "../three.json",
        config: { shared: { b: 2 } },
        creation: { heap: { initial: 10 } },
      },
      "three.json": {
        defines: { flash: { size: 1 } },
        creation: { heap: { initial: 5, incremental: 7 }, main: "main" },
      },
    });
    const manifest = read();
    expect(manifest.config).toEqual({ shared: { a: 1, b: 2, c: 3 }, list: [3] });
    expect(manifest.strip).toEqual(["Date"]);
    expect(manifest.preload).toEqual(["first", "main"]);
    expect(manifest.creation.heap).toEqual({ initial: 10, incremental: 7 });
    expect(manifest.creation.chunk).toEqual({ initial: 32768, incremental: 1024 });
    expect(manifest.defines).toEqual({ flash: { size: 1 } });
    expect(manifest.files.map((file) => file.replace(`${folder}/`, ""))).toEqual([
      "manifest.json",
      "one/manifest.json",
      "three.json",
      "two/manifest.json",
    ]);
  });

  it("refuses an include cycle", () => {
    write({ "manifest.json": { include: "./other.json" }, "other.json": { include: "./manifest.json" } });
    expect(refusal(read)).toMatchObject({ code: "include-cycle", file: join(folder, "other.json") });
  });

  it("names the including file when an included one is absent", () => {
    write({ "manifest.json": { include: "./absent.json" } });
    expect(refusal(read).message).toBe(
      `${join(folder, "absent.json")}: expected a manifest file, found ENOENT (included by ${join(folder, "manifest.json")})`,
    );
  });

  it("resolves variables: given ones first, then the outermost manifest, then the shell for ?=", () => {
    write({
      "manifest.json": {
        build: { CODE: "$(ROOT)/code", LEVEL: "outer" },
        include: "$(ROOT)/inner.json",
        modules: { "*": "$(CODE)/main" },
      },
      "inner.json": { build: { LEVEL: "inner", "SPEED ?=": "slow", "DEPTH ?=": "$(LEVEL)-1", ROOT: "/elsewhere" } },
      "code/main.ts": "",
    });
    const { variables, modules } = read({
      environment: { SPEED: "fast", LEVEL: "shell" },
      variables: { ROOT: folder },
    });
    expect(Object.fromEntries(variables)).toEqual({
      ROOT: folder,
      PLATFORM: "virt-a7",
      SUBPLATFORM: "",
      CODE: `${folder}/code`,
      LEVEL: "outer",
      SPEED: "fast",
      DEPTH: "outer-1",
    });
    expect(names(modules)).toEqual({ main: "code/main.ts" });
  });

  it("preloads by wildcard and refuses a name that is no module", () => {
    write({
      "manifest.json": { modules: { "pins/*": "./pins/*" }, preload: ["pins/*"] },
      "pins/a.ts": "",
      "pins/b.ts": "",
    });
    expect(read().preload).toEqual(["pins/a", "pins/b"]);
    write({ "manifest.json": { preload: "nothing" } });
    expect(refusal(read)).toMatchObject({ code: "missing-module" });
  });

  it("refuses a main module that does not exist", () => {
    write({ "manifest.json": { creation: { main: "start" } } });
    expect(refusal(read).message).toContain(
      'creation.main: expected the name of a module of this manifest, found "start"',
    );
  });
});

describe("platforms", () => {
  const manifest = {
    config: { from: "common" },
    platforms: {
      "board/sub": { config: { from: "board/sub" } },
      board: { config: { from: "board", board: true } },
      "board/*": { config: { from: "board/any" } },
      "*/sub": { config: { from: "any/sub" } },
      "...": { config: { from: "fallback" } },
      broken: { error: "this board is not supported" },
      old: { warning: "this board is old" },
    },
  };

  it.each([
    ["board", "board"],
    ["board/other", "board/any"],
    ["another/sub", "any/sub"],
    ["board/sub", "board/sub"],
    ["another", "fallback"],
  ])("for %s lets the most special part win", (platform, from) => {
    write({ "manifest.json": manifest });
    expect(read({ platform }).config.from).toBe(from);
  });

  it("stops with the text of error and collects warning", () => {
    write({ "manifest.json": manifest });
    expect(refusal(() => read({ platform: "broken" })).message).toContain("this board is not supported");
    expect(read({ platform: "old" }).warnings).toEqual(["this board is old"]);
  });

  it("checks the parts of other boards too", () => {
    write({ "manifest.json": { platforms: { other: { modlues: {} } } } });
    expect(refusal(read)).toMatchObject({
      code: "unknown-key",
      message: expect.stringContaining('found "platforms.other.modlues" (did you mean "modules"?)'),
    });
  });
});

describe("mistakes", () => {
  it.each<[string, unknown, string, string]>([
    ["an unknown key", { modlues: {} }, "unknown-key", 'found "modlues" (did you mean "modules"?)'],
    ["an unknown key far from any", { frobnicate: 1 }, "unknown-key", "(one of build, include,"],
    ["an unknown nested key", { creation: { chunks: {} } }, "unknown-key", '"creation.chunks" (did you mean "chunk"?)'],
    ["a Moddable key that we lack", { ble: {} }, "unsupported-key", '"ble"'],
    [
      "a size of the wrong type",
      { creation: { chunk: { initial: "1k" } } },
      "invalid-value",
      'creation.chunk.initial: expected a whole number from 0 to 2147483647, found "1k"',
    ],
    [
      "a zero modulus",
      { creation: { keys: { symbol: 0 } } },
      "invalid-value",
      "creation.keys.symbol: expected a whole number from 1",
    ],
    ["a git include", { include: [{ git: "https://example.com/a.git" }] }, "git-include", "include[0]"],
    [
      "modules that are no object",
      { modules: [] },
      "invalid-value",
      "modules: expected an object, found an array of 0",
    ],
    [
      "a strip that is a name",
      { strip: "Date" },
      "invalid-value",
      'strip: expected "*" or an array of names, found "Date"',
    ],
    ["text that is not JSON", '{\n\t"modules": }', "invalid-json", 'manifest.json:2:13: expected a value, found "}"'],
    ["a top level that is no object", "[]", "invalid-value", "expected an object at the top level"],
    [
      "a file that is too long",
      " ".repeat(MAXIMUM_MANIFEST_BYTES + 1),
      "too-large",
      `at most ${MAXIMUM_MANIFEST_BYTES} bytes`,
    ],
  ])("names %s", (_, manifest, code, text) => {
    write({ "manifest.json": manifest });
    const error = refusal(read);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it("throws nothing but ManifestError", () => {
    const key = fastCheck.constantFrom(
      "build",
      "include",
      "modules",
      "preload",
      "creation",
      "defines",
      "config",
      "strip",
      "typescript",
      "platforms",
      "chunk",
      "keys",
      "main",
      "*",
      "~",
      "...",
      "virt-a7",
      "A",
      "A ?=",
      "__proto__",
    );
    const text = fastCheck.oneof(
      fastCheck.constantFrom("*", "./*", "$(A)", "./manifest", "a\u0000b", ".", "/", "~"),
      fastCheck.string(),
    );
    const { value } = fastCheck.letrec((tie) => ({
      value: fastCheck.oneof(
        { maxDepth: 4 },
        text,
        fastCheck.constantFrom(0, 1, -1, null, true),
        fastCheck.array(tie("value"), { maxLength: 3 }),
        fastCheck.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fastCheck.assert(
      fastCheck.property(fastCheck.dictionary(key, value, { maxKeys: 4, noNullPrototype: true }), (manifest) => {
        write({ "manifest.json": JSON.stringify(manifest) });
        try {
          read();
        } catch (error) {
          expect(error).toBeInstanceOf(ManifestError);
          expect((error as ManifestError).message).not.toContain("\n");
        }
      }),
      { numRuns: 500 },
    );
  });
});
