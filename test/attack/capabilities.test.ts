/** Attack 1f and what belongs to it: capability files of other devices, changed, old, or by the wrong key; each with its weakened twin. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { bundle } from "../../host-tools/powerfail/simulator.ts";
import * as trial from "./capabilities/trial.ts";
import { WEAKENED_RULES } from "./capabilities/weakenings.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "build", "attack", `capabilities-${process.pid}`);

describe("capability files (1f)", () => {
  it("open no device that they are not for, nor more than they say, nor longer", () => {
    expect(trial.successfulAttacks()).toEqual([]);
  }, 60_000);
});

describe("an attack succeeds when no longer", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(WEAKENED_RULES.map((rule, index) => ({ ...rule, index })))(
    "$rule",
    async ({ index, ...weakening }) => {
      const path = join(folder, `rule-${index}.mjs`);
      await bundle(root, "test/attack/capabilities/trial.ts", path, [weakening]);
      const weakened: typeof trial = await import(/* @vite-ignore */ path);
      expect(weakened.successfulAttacks().length).toBeGreaterThan(0);
    },
    60_000,
  );
});
