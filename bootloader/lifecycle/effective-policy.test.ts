/** The table of note 0014, row by row, against every lifecycle, every set of grants and both uses. */
import { describe, expect, it } from "vitest";
import { type CapabilityUse, GRANTS, type Grant } from "../../protocol/capability/capability.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { type CommandKind, effectivePolicy } from "./effective-policy.ts";

/** Letters: commands by their first letter, P plain images, then claim and mode. `a`, `f`, `c`: grants; 1: for one boot. */
const TABLE: readonly (readonly [
  lifecycle: DeviceLifecycle,
  file: string,
  allowed: string,
  claim: string,
  mode: string,
])[] = [
  ["secured", "", "i", "secured", "normal"],
  ["secured", "c", "i+", "debug", "debug"],
  ["secured", "f", "i+s", "debug", "debug"],
  ["secured", "fc", "i+s", "debug", "debug"],
  ["secured", "a", "i+dP", "debug", "debug"],
  ["secured", "ac", "i+dP", "debug", "debug"],
  ["secured", "af", "i+sdP", "debug", "debug"],
  ["secured", "afc", "i+sdP", "debug", "debug"],
  ["secured", "1", "i", "secured", "normal"],
  ["secured", "1c", "i+", "debug", "normal"],
  ["secured", "1f", "i+s", "debug", "normal"],
  ["secured", "1fc", "i+s", "debug", "normal"],
  ["secured", "1a", "i+d", "debug", "normal"],
  ["secured", "1ac", "i+d", "debug", "normal"],
  ["secured", "1af", "i+sd", "debug", "normal"],
  ["secured", "1afc", "i+sd", "debug", "normal"],
];
const WITHOUT_GRANTS = {
  blank: ["i+sdmP", "assembly-and-test", "not-configured"],
  provisioned: ["i+sdmP", "provisioning", "not-configured"],
  decommissioned: ["", "decommissioned", "not-configured"],
} as const;

const LETTERS: Readonly<Record<CommandKind, string>> = {
  identity: "i",
  inspect: "+",
  service: "s",
  develop: "d",
  manufacture: "m",
};

function row(lifecycle: DeviceLifecycle, grants: readonly Grant[], use: CapabilityUse): string[] {
  const { commands, plainImages, claim, mode } = effectivePolicy(lifecycle, { grants, use });
  const letters = Object.entries(LETTERS).flatMap(([kind, letter]) =>
    commands.includes(kind as CommandKind) ? [letter] : [],
  );
  expect(new Set(commands).size).toBe(commands.length);
  return [letters.join("") + (plainImages ? "P" : ""), claim, mode];
}

const SETS = Array.from({ length: 1 << GRANTS.length }, (_, bits) => GRANTS.filter((_, index) => bits & (1 << index)));

describe("effectivePolicy", () => {
  it.each(["stored", "one-boot"] as const)("is the table for a secured device with a %s file", (use) => {
    for (const grants of SETS) {
      const file = (use === "stored" ? "" : "1") + grants.map((grant) => grant.charAt(0)).join("");
      const [, , ...expected] = TABLE.find(([, name]) => name === file) ?? [];
      expect([file, ...row("secured", grants, use)]).toEqual([file, ...expected]);
    }
  });

  it.each(["blank", "provisioned", "decommissioned"] as const)("takes no notice of grants on one %s", (lifecycle) => {
    for (const grants of SETS) {
      for (const use of ["stored", "one-boot"] as const) {
        expect(row(lifecycle, grants, use)).toEqual(WITHOUT_GRANTS[lifecycle]);
      }
    }
    expect(effectivePolicy(lifecycle)).toEqual(effectivePolicy(lifecycle, { grants: [], use: "stored" }));
  });

  it("gives a decommissioned device no identity, and every other one", () => {
    for (const lifecycle of ["blank", "provisioned", "secured", "decommissioned"] as const) {
      expect(effectivePolicy(lifecycle).hasIdentity).toBe(lifecycle !== "decommissioned");
    }
  });

  it("answers identity only on a secured device without a file", () => {
    expect(effectivePolicy("secured").commands).toEqual(["identity"]);
  });

  it("cannot be changed through what it gives", () => {
    (effectivePolicy("secured").commands as CommandKind[]).push("manufacture");
    expect(effectivePolicy("secured").commands).toEqual(["identity"]);
  });
});
