/** A simulator that nothing can fail proves nothing: each rule of the slots and of the crash log, taken away, must show. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { bundle } from "../../host-tools/powerfail/simulator.ts";
import { WEAKENED_LOG_RULES } from "./log-weakenings.ts";
import type { runPowerfail } from "./powerfail-run.ts";
import { WEAKENED_RULES, type WeakenedRule } from "./weakenings.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "build", "powerfail", `weakened-${process.pid}`);

async function load(name: string, changes: WeakenedRule["changes"]): Promise<typeof runPowerfail> {
  const path = join(folder, `${name}.mjs`);
  await bundle(
    root,
    "test/powerfail/powerfail-run.ts",
    path,
    changes.map((change) => ({ ...change, rule: name })),
  );
  const module = await import(/* @vite-ignore */ path);
  return module.runPowerfail;
}

describe("the power-fail simulator notices that no longer", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([...WEAKENED_RULES, ...WEAKENED_LOG_RULES].map((rule, index) => ({ ...rule, index })))(
    "$rule",
    async ({ scenarios, changes, index, needsPairs = false, seed = 1 }) => {
      const run = await load(`rule-${index}`, changes);
      const options = { seed, isLong: needsPairs, scenarios, units: [8], stopsAtViolation: true };
      expect(run(options).violations).toBeGreaterThan(0);
    },
    120_000,
  );

  it("and finds nothing in the same bundle as it is", async () => {
    const run = await load("unchanged", []);
    expect(run({ seed: 1, isLong: false, scenarios: ["counter-raise"] })).toMatchObject({ violations: 0 });
  });

  it("and says when a rule is no longer where the weakening looks for it", async () => {
    const change = { path: "bootloader/slots/slot.ts", find: "no such text", replace: "" };
    await expect(load("missing", [change])).rejects.toThrow(/once, found 0/);
  });
});
