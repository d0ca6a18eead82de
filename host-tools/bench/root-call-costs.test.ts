import { describe, expect, it } from "vitest";
import { ROOT_CALLS } from "../../protocol/root-calls/calls.ts";
import { MEASURED_CALLS, readCalls } from "./root-call-costs.ts";

const NAMES = Object.keys(MEASURED_CALLS);
const LINES = NAMES.map((name) => `bench call ${name}`);
const COUNTS = NAMES.flatMap((_, index) => [1000 * index, 1000 * index + 10 + index]);

describe("the calls that are measured", () => {
  it("are all but the two that do not return", () => {
    const others = Object.keys(ROOT_CALLS).filter((name) => !(name in MEASURED_CALLS));
    expect(others).toEqual(["reset", "powerOff"]);
  });

  it("have the instructions between two counts", () => {
    expect(readCalls(["bench done", ...LINES], COUNTS)).toMatchObject({ identity: 10, attest: 11 });
  });

  it("must all have been made, each with its counts", () => {
    expect(() => readCalls(LINES.slice(1), COUNTS.slice(2))).toThrow('"bench call identity"');
    expect(() => readCalls(LINES, COUNTS.slice(1))).toThrow("expected 2 counts");
  });
});
