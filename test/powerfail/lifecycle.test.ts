/** Device secret and lifecycle under power cuts; and each of their rules taken away, which must show. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { bundle } from "../../host-tools/powerfail/simulator.ts";
import { findLifecycleViolations } from "./lifecycle-trials.ts";
import { WEAKENED_LIFECYCLE_RULES } from "./lifecycle-weakenings.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "build", "powerfail", `weakened-lifecycle-${process.pid}`);

describe("device secret and lifecycle", () => {
  it.each([4, 8, 16])(
    "survive every cut, some pairs and some lives, with units of %i bytes",
    (unit) => {
      expect(findLifecycleViolations({ unit, seed: 1, pairStride: 61, lives: 60 })).toEqual([]);
    },
    120_000,
  );
});

describe("the trials notice that no longer", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(WEAKENED_LIFECYCLE_RULES.map((rule, index) => ({ ...rule, index })))(
    "$rule",
    async ({ rule, changes, trials, index }) => {
      const path = join(folder, `rule-${index}.mjs`);
      await bundle(
        root,
        "test/powerfail/lifecycle-trials.ts",
        path,
        changes.map((change) => ({ ...change, rule })),
      );
      const weakened: { findLifecycleViolations: typeof findLifecycleViolations } = await import(
        /* @vite-ignore */ path
      );
      const found = weakened.findLifecycleViolations({ unit: 8, seed: 1, ...trials });
      expect(found.length).toBeGreaterThan(0);
    },
    120_000,
  );
});
