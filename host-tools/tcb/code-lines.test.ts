import { describe, expect, it } from "vitest";
import { countCodeLines } from "./code-lines.ts";

describe("lines of code", () => {
  it.each([
    ["nothing", "", 0],
    ["blank lines", "\n \n\t\n", 0],
    ["a comment over lines", "/* one\n * two\n */\n// three\n", 0],
    ["code before and behind comments", "a(); // one\n/* two */ b();\n", 2],
    ["a comment inside a text", 'const a = "/*";\nconst b = 1;\nconst c = "*/";\n', 3],
    ["an address", 'const url = "http://a"; // why\n', 1],
    ["quotes in a comment", "// it's\ncode();\n// don't\n", 1],
  ])("of %s", (_, text, lines) => {
    expect(countCodeLines(text)).toBe(lines);
  });
});
