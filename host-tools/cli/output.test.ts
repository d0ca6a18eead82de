import { describe, expect, it } from "vitest";
import { formatByteLength, formatTable, Output } from "./output.ts";

function capture(json: boolean, colour = false) {
  const text = { out: "", error: "" };
  const output = new Output({
    json,
    colour,
    out: { write: (part: string) => (text.out += part) },
    error: { write: (part: string) => (text.error += part) },
  });
  return { output, text };
}

describe("with --json", () => {
  it("writes the result and nothing else to standard output", () => {
    const { output, text } = capture(true);
    output.line("for people");
    output.table([{ title: "NAME" }], [["a"]]);
    output.raw("console\n");
    output.progress("working");
    output.warn("careful");
    output.result({ answer: 42 });
    expect(text.out).toBe('{"answer":42}\n');
    expect(text.error).toBe("console\nworking\nwarning: careful\n");
  });

  it("refuses a second result", () => {
    const { output } = capture(true);
    output.result({});
    expect(() => output.result({})).toThrow("second");
  });

  it("makes a failure the one object", () => {
    const { output, text } = capture(true);
    output.failure("no-board", "expected a board,\n  found none");
    expect(JSON.parse(text.out)).toEqual({ error: { code: "no-board", message: "expected a board, found none" } });
    expect(text.error).toBe("");
  });

  it("keeps a result that came before the failure", () => {
    const { output, text } = capture(true);
    output.result({ verified: false });
    output.failure("verify", "expected a good signature, found a bad one");
    expect(text.out).toBe('{"verified":false}\n');
    expect(text.error).toContain("bad one");
  });
});

describe("without --json", () => {
  it("writes lines, not results", () => {
    const { output, text } = capture(false);
    output.line("hello");
    output.result({ answer: 42 });
    expect(text.out).toBe("hello\n");
  });

  it("writes a failure as one line", () => {
    const { output, text } = capture(false);
    output.failure("x", "first\nsecond");
    expect(text).toEqual({ out: "", error: "holdfast: first second\n" });
  });
});

describe("formatTable", () => {
  it("lines up coloured and plain cells", () => {
    const lines = formatTable(
      [{ title: "A" }, { title: "SIZE", align: "right" }],
      [
        ["\u001b[32mok\u001b[39m", "1"],
        ["missing", "20"],
      ],
    );
    expect(lines).toEqual(["A        SIZE", "\u001b[32mok\u001b[39m          1", "missing    20"]);
  });
});

it.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [400 * 1024, "400.0 KiB"],
  [16 * 1024 * 1024, "16.0 MiB"],
])("formatByteLength(%d) is %s", (byteLength, text) => {
  expect(formatByteLength(byteLength)).toBe(text);
});
