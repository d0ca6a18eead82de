import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runProgram } from "../main.ts";
import { Output } from "../output.ts";
import { register } from "./powerfail.ts";

const root = join(import.meta.dirname, "..", "..", "..");

async function run(...args: string[]) {
  const written = { out: "", error: "" };
  const output = new Output({
    json: args.includes("--json"),
    out: { write: (text) => (written.out += text) },
    error: { write: (text) => (written.error += text) },
  });
  const exitCode = await runProgram({ output, root }, ["powerfail", ...args], [register]);
  return { exitCode, ...written };
}

describe("holdfast powerfail", () => {
  it("says for each scenario what was tried, and how it ended", async () => {
    const { exitCode, out } = await run("--scenario", "first-boot", "--scenario", "fallback-kept");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^SCENARIO +SINGLE +PAIRS/m);
    expect(out).toMatch(/^first-boot +[0-9]+/m);
    expect(out).toMatch(/^\d+ cuts in [\d.]+ s with seed 1, at most [123] boots .*, no violation$/m);
  });

  it("gives programs one object", async () => {
    const { exitCode, out } = await run("--scenario", "first-boot", "--unit", "4", "--seed", "7", "--json");
    expect(exitCode).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ seed: 7, violations: 0, examples: [], scenarios: [{ name: "first-boot" }] });
    expect(report.cases).toBe(report.singleCuts + report.pairCuts + report.lifeCuts);
  });

  it.each([
    ["a scenario that does not exist", "--scenario", "sunshine"],
    ["a write unit that no flash has", "--unit", "5"],
    ["a time that is none", "--seconds", "0"],
    ["a seed that is none", "--seed", "x"],
  ])("refuses %s", async (_name, ...args) => {
    const { exitCode, error } = await run(...args);
    expect(exitCode).toBe(2);
    expect(error).toMatch(/expected .*, found/);
  });
});
