import { describe, expect, it } from "vitest";
import { closedFunctions, closedInterpreter } from "./closed-engine.ts";

const SOURCE = `
	static void *const
		gxBytes[] = {
		&&XS_NO_CODE,
		&&XS_CODE_ADD,
		&&XS_CODE_BEGIN_STRICT,
		&&XS_CODE_END,
		&&XS_CODE_YIELD,
	};
	mxSwitch(byte) {
	mxCase(XS_NO_CODE)
		mxBreak;
	mxCase(XS_CODE_YIELD)
		run();
`;

describe("the interpreter of a closed root", () => {
  it("keeps the operations that it is told and the engine's own; all others are a TypeError", () => {
    const text = closedInterpreter(SOURCE, new Set([1]));
    expect([...text.matchAll(/&&(\w+),/g)].map((match) => match[1])).toEqual([
      "XS_NO_CODE",
      "XS_CODE_ADD",
      "XS_CODE_BEGIN_STRICT",
      "XS_CODE_END",
      "XS_NO_CODE",
    ]);
    expect(text).toMatch(/mxCase\(XS_NO_CODE\)\s+mxRunDebug\(XS_TYPE_ERROR, "not in this machine"\);/);
    expect(text).toContain("mxCase(XS_CODE_YIELD)");
  });

  it.each([
    ["another table", SOURCE.replace("gxBytes", "gxOther"), [1], "expected the table gxBytes"],
    ["no idle operation", SOURCE.replace("mxBreak", "run()"), [1], "the operation XS_NO_CODE"],
    ["fewer operations", SOURCE, [5], "expected operation 5 in a table of 5"],
  ])("refuses a source with %s", (_, source, operations, message) => {
    expect(() => closedInterpreter(source, new Set(operations))).toThrow(message);
  });

  it("puts nothing in the place of what a program uses", () => {
    expect(closedFunctions({ wholeNumbers: false, noProxy: false })).toEqual({});
    expect(closedFunctions({ wholeNumbers: true, noProxy: false })).toHaveProperty("fxNumberToString");
  });
});
