import { describe, expect, it } from "vitest";
import { LOOPS, readLines } from "./device-benchmarks.ts";

const MACHINES = ["smallest", "runtime"].flatMap((size) => [
  `bench machine-${size}-create 500 instructions`,
  `bench machine-${size}-delete 50 instructions`,
  `bench machine-${size}-ram 4000 bytes`,
]);
const LINES = [
  "holdfast runtime start instructions=1",
  "bench empty-run 1000 instructions/1000",
  ...Object.keys(LOOPS).map((name, index) => `bench ${name} ${(index + 1) * 10_000 + 1000} instructions/1000`),
  ...MACHINES,
];

describe("the benchmark program's lines", () => {
  it("give the price of one turn, less that of measuring", () => {
    const { loops, machines } = readLines(LINES);
    expect(loops.loop).toBe(10);
    expect(loops["function-call"]).toBe(20);
    expect(machines.smallest).toEqual({ create: 500, remove: 50, ram: 4000 });
  });

  it.each(["loop", "machine-runtime-ram"])("must have one for %s", (name) => {
    expect(() => readLines(LINES.filter((line) => !line.startsWith(`bench ${name} `)))).toThrow(`"bench ${name}"`);
  });
});
