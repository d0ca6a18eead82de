/** Byte code carries the lines of the TypeScript that a person wrote, not those of the JavaScript between. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeByteCode, type Operation } from "./byte-code-decoder.ts";
import { compileFixture, fixturePath, repository, withTemporaryFolder } from "./freeze-fixture.ts";

const FILE = "test/build/fixtures/positions.ts";
const source = readFileSync(fixturePath("positions.ts"), "utf8").split("\n");
let operations: Operation[];

beforeAll(
  () =>
    withTemporaryFolder(async (folder) => {
      const { modules } = await compileFixture({ modules: { positions: fixturePath("positions.ts") }, folder });
      operations = decodeByteCode(modules.find(({ name }) => name === "positions")?.path ?? "", repository);
    }),
  120_000,
);

/** Lines at which an operation carries a name, in the order of the code. */
const linesOf = (operation: string, id: string): number[] =>
  operations.filter((each) => each.name === operation && each.id === id).map(({ line }) => line);

/** Numbers of the source's lines that hold one of the texts between `|`. */
const linesWith = (text: string): number[] =>
  source.flatMap((line, index) => (text.split("|").some((each) => line.includes(each)) ? [index + 1] : []));

describe("byte code of a module with type-only lines", () => {
  it("is decoded to its end", () => {
    expect(operations.at(-1)?.name).toBe("end");
    expect(operations.filter(({ name }) => name === "unknown" || name === "no_code")).toEqual([]);
  });

  it.each([
    ["get_property", "write", "target.write"],
    ["get_property", "read", "this.read()"],
    ["get_variable", "RangeError", "new RangeError"],
    ["new_property", "text", "= { text:"],
    ["get_property", "celsius", "g.celsius|).celsius"],
  ])("has %s %s at the lines of %s", (operation, id, text) => {
    expect(linesOf(operation, id)).toEqual(linesWith(text));
  });

  it("names its source relative to the repository, in every function", () => {
    const files = operations.filter(({ name }) => name === "file").map(({ id }) => id);
    expect(new Set(files)).toEqual(new Set([FILE]));
    const functions = operations.filter(({ name }) => name.startsWith("begin_"));
    expect(files.length).toBeGreaterThanOrEqual(functions.length);
  });

  it("has no line of types alone", () => {
    const lines = new Set(operations.map(({ line }) => line).filter((line) => line > 0));
    for (const text of [
      "import type",
      "interface",
      "readonly celsius",
      "type Format",
      "declare",
      "extends",
      "readonly text",
    ])
      for (const line of linesWith(text)) expect(lines, `line ${line}: ${text}`).not.toContain(line);
  });
});
