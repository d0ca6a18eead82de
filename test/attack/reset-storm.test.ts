/** A hostile runtime that only resets its device: what it can wear out, and that an honest one is never slowed down. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FREE_RESETS, stormWait } from "../../bootloader/log/reset-storm.ts";
import { bundle, type Weakening } from "../../host-tools/powerfail/simulator.ts";
import { root } from "../boards/device-program.ts";
import * as trial from "./reset-storm-trial.ts";

/** A product's life, and more than a visit's. */
const YEARS = 5;

const log = "bootloader/log/crash-log.ts";
const WEAKENED_RULES: readonly Weakening[] = [
  {
    rule: "a reset in a storm waits",
    path: "bootloader/log/reset-storm.ts",
    find: "return over < 0 ? 0 : Math.min(",
    replace: "return over > -1000 ? 0 : Math.min(",
  },
  {
    rule: "only a long boot ends a row of resets",
    path: "bootloader/log/reset-storm.ts",
    find: "SETTLED_UPTIME = 3_600_000",
    replace: "SETTLED_UPTIME = 60_000",
  },
  {
    rule: "a reset that has a reason is counted",
    path: "bootloader/log/log-state.ts",
    find: "Math.min(this.streak + 1, 0xff)",
    replace: "this.streak",
  },
  {
    rule: "a storm leaves less to write",
    path: log,
    find: "this.#budgets[budget] >> Math.min(this.streak, 8)",
    replace: "this.#budgets[budget]",
  },
];

describe("reset storms", () => {
  it("wait for nothing until no update needs so many, then twice as long each time up to a minute", () => {
    const waits = Array.from({ length: 256 }, (_, streak) => stormWait(streak));
    expect(waits.slice(0, FREE_RESETS)).toEqual(new Array(FREE_RESETS).fill(0));
    const doubling = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
    expect(waits.slice(FREE_RESETS, FREE_RESETS + 8)).toEqual(doubling);
    expect(new Set(waits.slice(FREE_RESETS + 8))).toEqual(new Set([60_000]));
  });

  it.each(Object.keys(trial.PLANS))(
    "of a runtime that resets %s leave the log writable for years",
    (name) => {
      const years = trial.yearsToWear(trial.PLANS[name] as trial.Plan);
      console.info(`resets ${name}: ${years.toFixed(1)} years`);
      expect(years).toBeGreaterThan(YEARS);
    },
    120_000,
  );
});

describe("a log is worn out sooner when no longer", () => {
  const folder = join(root, "build", "attack", `reset-storm-${process.pid}`);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(WEAKENED_RULES.map((rule, index) => ({ ...rule, index })))(
    "$rule",
    async ({ index, ...weakening }) => {
      const path = join(folder, `rule-${index}.mjs`);
      await bundle(root, "test/attack/reset-storm-trial.ts", path, [weakening]);
      const weakened: typeof trial = await import(/* @vite-ignore */ path);
      const years = Object.values(weakened.PLANS).map((plan) => weakened.yearsToWear(plan));
      expect(Math.min(...years)).toBeLessThan(YEARS);
    },
    120_000,
  );
});
