/** What a closed root (`"strip": "*"`) refuses and what it leaves out, without a board. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freezeFixture, withTemporaryFolder } from "./freeze-fixture.ts";

/** Freezes modules given as text; `main` is the one whose default export starts. */
function freeze(sources: Readonly<Record<string, string>>): Promise<{ text: string; operations: number }> {
  return withTemporaryFolder(async (folder) => {
    const modules: Record<string, string> = {};
    for (const [name, source] of Object.entries(sources)) {
      modules[name] = join(folder, `${name}.js`);
      writeFileSync(modules[name], source);
    }
    const root = await freezeFixture({ modules, preload: ["main"], strip: "*", folder });
    return { text: readFileSync(root.source, "utf8"), operations: root.closed?.operations.size ?? 0 };
  });
}

const main = (body: string, before = ""): Record<string, string> => ({
  main: `${before}\nexport default function main() { ${body} }\n`,
});

describe("a closed root refuses", () => {
  it.each([
    ["async function", "(async () => 1)();"],
    ["async generator", "(async function* () { yield 1; })();"],
    ["import.meta", "return import.meta;"],
    ["Promise", "return Promise.resolve(1);"],
  ])("%s in what its main function reaches, and takes it where nothing does", async (what, body) => {
    await expect(freeze(main(body))).rejects.toMatchObject({
      code: "freeze-refused",
      message: expect.stringContaining(`main: expected no ${what} in a closed root`),
    });
    const { text } = await freeze(main("return 1;", `export function unused() { ${body} }`));
    expect(text).not.toContain("fx_Promise");
  });

  it("a namespace that the program keeps", async () => {
    const sources = {
      other: "export const one = 1;\n",
      ...main("return other[globalThis.name];", 'import * as other from "./other.js";'),
    };
    await expect(freeze(sources)).rejects.toMatchObject({
      code: "freeze-refused",
      message: expect.stringContaining("expected no import of a namespace in a closed root"),
    });
  });

  it("a main module without a function", async () => {
    await expect(freeze({ main: "export default 5;\n" })).rejects.toMatchObject({
      message: "frozen root: main: expected a function as the default export of the main module of a closed root",
    });
  });
});

describe("a closed root holds", () => {
  it("the built-ins and methods that it mentions, by name or in a text", async () => {
    const { text } = await freeze(main('return [new Map([[1, 2]]).get(1), [3]["reverse"](), "a".padStart(2)];'));
    for (const name of ["fx_Map", "fx_Map_prototype_get", "fx_Array_prototype_reverse", "fx_String_prototype_padStart"])
      expect(text).toContain(`{${name},`);
    for (const name of ["fx_Map_prototype_clear", "fx_Array_prototype_sort", "fx_Set", "fx_Math_abs", "fx_JSON_parse"])
      expect(text).not.toContain(`{${name},`);
  });

  it("no byte code of functions and methods that nobody calls, but that of all others", async () => {
    const source = main(
      "return new Shape().area();",
      `class Shape { area() { return "called-text"; } round() { return "uncalled-method"; } }
      function forgotten() { return "uncalled-function"; }
      const table = { [forgotten()]: 1 };`,
    );
    const { text } = await freeze(source);
    const holds = (what: string) => text.replace(/\s/g, "").includes([...Buffer.from(what)].join(","));
    expect(holds("called-text")).toBe(true);
    expect(holds("uncalled-method")).toBe(false);
    expect(holds("uncalled-function")).toBe(false);
  });

  it("the operations of its byte code and no others", async () => {
    const few = await freeze(main("return 1;"));
    const more = await freeze(main('let sum = 0; for (const each of [1, 2]) sum += each ** 2; return sum + "";'));
    expect(few.operations).toBeGreaterThan(3);
    expect(few.operations).toBeLessThan(20);
    expect(more.operations).toBeGreaterThan(few.operations + 15);
  });
});
