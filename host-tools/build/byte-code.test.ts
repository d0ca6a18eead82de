import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compileFixture, hostCompilers, manifestOf } from "../../test/build/freeze-fixture.ts";
import { BuildError } from "./build-error.ts";
import { byteName, type CompiledProgram, compileModules, readByteCode } from "./byte-code.ts";

let folder: string;
beforeAll(async () => {
  await hostCompilers();
}, 120_000);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-byte-code-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const compile = (modules: Readonly<Record<string, string>>): Promise<CompiledProgram> =>
  compileFixture({ modules, folder });
const pathOf = ({ modules }: CompiledProgram, name: string): string =>
  modules.find((each) => each.name === name)?.path ?? "";

describe("compileModules", () => {
  it("makes a file a module, and mc/config", async () => {
    const program = await compile({ a: write("a.ts", "export const a = 1;\n"), "b/c": write("b.ts", "export {};\n") });
    expect(program.modules.map(({ name }) => name)).toEqual(["mc/config", "a", "b/c"]);
    for (const { path } of program.modules) expect(readFileSync(path).toString("latin1", 4, 8)).toBe("XS_B");
  });

  it("lists the names that a module imports", async () => {
    const other = write("other.ts", "export const other = 1;\n");
    const text = `import config from "mc/config";\nimport { other } from "./other.ts";\nexport default [config, other];\n`;
    const program = await compile({ main: write("main.ts", text), "deep/other": other });
    expect(program.modules.find(({ name }) => name === "main")?.imports).toEqual(["mc/config", "deep/other"]);
  });

  it("compiles again only what changed", async () => {
    const [a, b] = [write("a.ts", "export const a = 1;\n"), write("b.ts", "export const b = 1;\n")];
    const program = await compile({ a, b });
    const times = (): number[] => ["a", "b"].map((name) => statSync(pathOf(program, name)).mtimeMs);
    const before = times();
    await compile({ a, b });
    expect(times()).toEqual(before);
    write("b.ts", "export const b = 2;\n");
    await compile({ a, b });
    expect(times()[0]).toBe(before[0]);
    expect(times()[1]).toBeGreaterThan(before[1] ?? 0);
  });

  it("compiles again when only lines moved, because positions did", async () => {
    const a = write("a.ts", "export const a = 1;\n");
    const first = readFileSync(pathOf(await compile({ a }), "a"));
    write("a.ts", "\n// a comment\nexport const a = 1;\n");
    expect(readFileSync(pathOf(await compile({ a }), "a"))).not.toEqual(first);
    write("a.ts", "export const a = 1;\n");
    expect(readFileSync(pathOf(await compile({ a }), "a"))).toEqual(first);
  });

  it("makes modules of types alone and of data", async () => {
    const program = await compile({
      types: write("types.ts", "export type T = number;\n"),
      data: write("data.json", '{"a": [1]}'),
    });
    expect(readByteCode(pathOf(program, "types")).code.length).toBeGreaterThan(0);
    expect(readByteCode(pathOf(program, "data")).names).toContain("a");
  });

  it("tells an error with the line of the source, whose types are gone in what XS reads", async () => {
    const types = "interface Unused {\n  readonly a: number;\n}\n\ntype Text = string;\n";
    const body = "export function one(): RegExp {\n  const text: Text = '';\n\n  return text === '' ? /(/ : /b/;\n}\n";
    const path = write("typed.ts", `${types}${body}`);
    await expect(compile({ typed: path })).rejects.toThrow(/^\S*typed\.ts:9: .*invalid/);
  });

  it("tells an error with the file's name and line and leaves no byte code", async () => {
    // esbuild does not look into regular expressions.
    const path = write("bad.js", "export const one = 1;\nexport const bad = /(/;\n");
    const error = await compile({ bad: path }).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(BuildError);
    expect((error as BuildError).message).toMatch(/^\S*bad\.js:2: .*invalid/);
    expect(existsSync(join(folder, "modules", "bad.xsb"))).toBe(false);
    expect(readdirSync(join(folder, "modules")).filter((name) => /draft|tmp/.test(name))).toEqual([]);
  });

  it("names the file when the compiler is missing", async () => {
    const manifest = manifestOf({ modules: { a: write("a.ts", "export {};\n") } });
    const options = {
      manifest,
      root: folder,
      folder: join(folder, "modules"),
      compiler: join(folder, "absent"),
      allowNative: true,
    };
    await expect(compileModules(options)).rejects.toMatchObject({ code: "compile-failed" });
  });
});

describe("readByteCode", () => {
  it("gives names, code and the places of ids in it", async () => {
    const program = await compile({
      a: write("a.ts", "export function widen(value: { size: number }): number {\n  return value.size;\n}\n"),
    });
    const { names, code, idOffsets } = readByteCode(pathOf(program, "a"));
    expect(names).toEqual(expect.arrayContaining(["widen", "size", "value"]));
    expect(names[0]).toBe("");
    for (const offset of idOffsets)
      expect(((code[offset + 1] ?? 0) << 8) | (code[offset] ?? 0)).toBeLessThan(names.length);
  });

  it("keeps names that are no text apart", async () => {
    const text = `export default { "\\ud800": 1, "\\ud801": 2, "a\\0b": 3, "gr\\u00fcn": 4 };\n`;
    const { names } = readByteCode(pathOf(await compile({ a: write("a.ts", text) }), "a"));
    expect(names).toEqual(expect.arrayContaining(["\xed\xa0\x80", "\xed\xa0\x81", "a\xc0\x80b", byteName("grün")]));
  });

  it.each([0, 12, 30, -1, -4])("refuses a file that is cut off after %i bytes", async (length) => {
    const bytes = readFileSync(pathOf(await compile({ a: write("a.ts", "export const a = 1;\n") }), "a"));
    const path = join(folder, "cut.xsb");
    writeFileSync(path, bytes.subarray(0, length < 0 ? bytes.length + length : length));
    expect(() => readByteCode(path)).toThrow(BuildError);
  });
});
