/** Tests of the strict JSON reader. */
import fastCheck from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonTextError, MAXIMUM_JSON_DEPTH, parseJsonText } from "./json-text.ts";

describe("parseJsonText", () => {
  it("reads what JSON.stringify writes", () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.jsonValue(), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(JSON.stringify(parseJsonText(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it("accepts and refuses exactly what JSON.parse does, duplicate keys and huge numbers apart", () => {
    const fragments = fastCheck.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"b"',
      "1",
      "-0",
      "01",
      "1e5",
      ".5",
      "true",
      "nul",
      "null",
      " ",
      "\n",
      '"\\u12"',
      '"\\x"',
      "\u00a0",
    );
    fastCheck.assert(
      fastCheck.property(fastCheck.array(fragments, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        let accepted = true;
        try {
          parseJsonText(text);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonTextError);
          if ((error as Error).message.match(/twice|fits a double/)) return;
          accepted = false;
        }
        let standard = true;
        try {
          JSON.parse(text);
        } catch {
          standard = false;
        }
        expect(accepted).toBe(standard);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"a" 1}', 'expected ":", found "1"', 1, 6],
    ['{\n "a": 1,\n}', 'expected a key in double quotes, found "}"', 3, 1],
    ["[1 2]", 'expected "," or "]", found "2"', 1, 4],
    ['{"a":1,"a":2}', 'expected each key once, found "a" twice', 1, 8],
    ['"ab', "expected the rest of a string, found the end of the text", 1, 4],
    ["1e999", "expected a number that fits a double, found 1e999", 1, 1],
  ])("says where %j is wrong", (text, message, line, column) => {
    expect(() => parseJsonText(text)).toThrow(expect.objectContaining({ message, line, column }));
  });

  it("refuses nesting that could exhaust the stack", () => {
    expect(() => parseJsonText("[".repeat(100_000))).toThrow(`at most ${MAXIMUM_JSON_DEPTH} levels`);
  });

  it("keeps __proto__ as an ordinary key", () => {
    const value = parseJsonText('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
