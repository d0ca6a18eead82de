/** Tests of emitting modules and resolving their imports. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { BuildError } from "./build-error.ts";
import { emitConfig, emitModule } from "./emit.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { ResolveError, resolveImport } from "./resolve.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-emit-")));
let root = base;
let count = 0;

beforeEach(() => {
  root = join(base, String(count++));
  write({
    "manifest.json": {
      modules: {
        "*": ["./app/main", "./app/other", "./app/data"],
        "embedded:io/digital": "./io/digital",
        "native:cpu": "./cpu",
      },
      config: { name: "x", list: [1, { __proto__marker: true }] },
    },
    "app/main.ts": "export {};",
    "app/other.ts": "export const other = 1;",
    "app/data.json": { a: [1, { b: null }] },
    "io/digital.ts": "export class Digital {}",
    "cpu.d.ts": "export function instructions(): number;",
  });
});
afterAll(() => rmSync(base, { recursive: true }));

function write(files: Record<string, unknown>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}

function manifest(at = root): Manifest {
  return readManifest(join(at, "manifest.json"), { platform: "virt-a7", environment: {} });
}

function emit(source: string, file = "app/main.ts", at = root) {
  if (at === root) write({ [file]: source });
  return emitModule({ name: "main", path: join(at, file), manifest: manifest(at), root: at });
}

describe("emitModule", () => {
  it("erases types, names imports by module and keeps their order", async () => {
    const { code, imports } = await emit(`
			import type { Digital } from "../io/digital.ts";
			import { other, type Never } from "./other.ts";
			import * as cpu from "native:cpu";
			import config from "mc/config";
			import data from "./data.json";
			export * from "embedded:io/digital";
			export { other as again } from "./other.ts";
			const count: number = cpu.instructions();
			export function run(this: void, digital?: Digital): unknown { return [count, config, data, digital satisfies unknown, other]; }
		`);
    expect(code).toBe(
      [
        'import { other } from "other";',
        'import * as cpu from "native:cpu";',
        'import config from "mc/config";',
        'import data from "data";',
        'export * from "embedded:io/digital";',
        'import { other as other2 } from "other";',
        "const count = cpu.instructions();",
        "function run(digital) {",
        "  return [count, config, data, digital, other];",
        "}",
        "export {",
        "  other2 as again,",
        "  run",
        "};",
        "",
      ].join("\n"),
    );
    expect(imports.map(({ specifier, resolved }) => [specifier, resolved.kind, resolved.name])).toEqual([
      ["./other.ts", "module", "other"],
      ["native:cpu", "native", "native:cpu"],
      ["mc/config", "config", "mc/config"],
      ["./data.json", "module", "data"],
      ["embedded:io/digital", "module", "embedded:io/digital"],
      ["./other.ts", "module", "other"],
    ]);
  });

  it("names imports that span lines, re-export a namespace or carry attributes", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `name${index}`);
    write({ "app/other.ts": names.map((name) => `export const ${name} = 1;`).join("") });
    const { code } = await emit(
      `import {${names.join(",\n")}} from "./other.ts";\nimport data from "./data.json" with { type: "json" };\nexport * as io from "embedded:io/digital";\nimport "./other.ts";\nexport const all = [data, ${names.join()}];`,
    );
    expect(code.match(/from ".*|^import ".*/gm)).toEqual([
      'from "other";',
      'from "data";',
      'from "embedded:io/digital";',
      'import "other";',
    ]);
  });

  it("lowers nothing that XS runs and injects nothing", async () => {
    const source = `class A {
  static #count = 0;
  static {
    A.#count ||= 1;
  }
  #value;
  constructor(value) {
    this.#value = value ?? 2 ** 3;
  }
  has(other) {
    return #value in other && other?.#value;
  }
  async *each() {
    for await (const item of this) yield item;
  }
}
const big = 12n;
let text = \`é\${big}\`;
text &&= "\\u{1F600}";
export {
  A,
  big,
  text
};
`;
    const { code } = await emit(source.replace("\nexport {", "\nfunction unused() {\n}\nexport {"), "app/main.ts");
    expect(code).toBe(
      source.replace("\\u{1F600}", "\u{1F600}").replace("\nexport {", "\nfunction unused() {\n}\nexport {"),
    );
  });

  it("gives the same bytes in another folder, with source paths relative to the root", async () => {
    const source = 'import { other } from "./other.ts";\nexport const value: number = other;\n';
    const here = await emit(source);
    const elsewhere = join(base, `copy-${count}`, "deeper");
    cpSync(root, elsewhere, { recursive: true });
    const there = await emit(source, "app/main.ts", elsewhere);
    expect([there.code, there.sourceMap]).toEqual([here.code, here.sourceMap]);
    expect(JSON.parse(here.sourceMap ?? "")).toMatchObject({ sources: ["app/main.ts"] });
    expect(here.code + here.sourceMap).not.toContain(base);
  });

  it("exports JSON frozen at every depth", async () => {
    write({ "app/data.json": '{"a": [1, {"b": null}], "__proto__": {"c": true}}' });
    const { code } = await emitModule({ name: "data", path: join(root, "app/data.json"), manifest: manifest(), root });
    const { default: data } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    expect(Object.keys(data)).toEqual(["a", "__proto__"]);
    expect([data, data.a, data.a[1]].map(Object.isFrozen)).toEqual([true, true, true]);
    expect(data.c).toBeUndefined();
  });

  it("exports the manifest's config", () => {
    expect(emitConfig(manifest()).code).toBe(
      'export default Object.freeze({"name": "x", "list": Object.freeze([1, Object.freeze({"__proto__marker": true})])});\n',
    );
  });

  it.each([
    ["a syntax error", "export const = 1;", "emit-failed", 'app/main.ts:1:14: Expected identifier but found "="'],
    ["import()", 'export const later = import("./other.ts");', "unsupported-import", "found dynamic-import"],
    [
      "a template that looks like an import",
      'import "./other.ts";\nexport const text = `\nimport "./other.ts";\n`;',
      "unsupported-import",
      "expected no further import statement",
    ],
  ])("refuses %s", async (_, source, code, text) => {
    const failure = await emit(source).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BuildError);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(text) });
  });
});

describe("resolveImport", () => {
  it.each([
    ["./missing.ts", "missing-module", 'add "modules": {"*": "./app/missing"} to'],
    ["embedded:io/digitl", "missing-module", 'or import "embedded:io/digital"'],
    ["native:cpux", "missing-native", '"native:cpux"'],
    ["/etc/passwd", "invalid-specifier", "expected a relative path or a module name"],
    ["node:fs", "invalid-specifier", "expected a relative path or a module name"],
    ["..", "invalid-specifier", "expected a relative path or a module name"],
  ])("refuses %s", (specifier, code, text) => {
    const importer = join(root, "app/main.ts");
    let failure: unknown;
    try {
      resolveImport(importer, specifier, manifest());
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(ResolveError);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(text) });
    expect((failure as Error).message).toContain(importer);
  });
});
