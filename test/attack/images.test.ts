/** Attacks 1b, 1c and 2c on images: bits changed in what is signed, the wrong kind of key, hostile TLVs; each with its weakened twin. */
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bundle } from "../../host-tools/powerfail/simulator.ts";
import * as everything from "./images/everything.ts";
import { fuzzTlvAreas } from "./images/tlv-fuzz.ts";
import { WEAKENED_RULES } from "./images/weakenings.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "build", "attack", `images-${process.pid}`);

/** Mutated TLV areas; all of them on every commit. */
const MUTATIONS = 1_000_000;
/** Print it to repeat a failure; another one looks elsewhere. */
const SEED = 20261124;

describe("1b: what is signed", () => {
  it("is refused with every byte as every other value", () => {
    const { cases, violations } = everything.everySignedByte();
    expect(violations).toEqual([]);
    expect(cases).toBeGreaterThan(300_000);
    console.log(`attack 1b: ${cases} changed images refused`);
  }, 120_000);
});

describe("1c: a right signature by the wrong key", () => {
  it("is refused, by name of what is wrong", () => {
    expect(everything.foreignKeys()).toEqual({ cases: expect.any(Number), violations: [] });
  });
});

describe("the order of the checks", () => {
  it("gives every defect its own code", () => {
    expect(everything.singleDefects().violations).toEqual([]);
  });

  it("reports the earlier of any two defects", () => {
    const { cases, violations } = everything.pairwiseOrder();
    expect(violations).toEqual([]);
    expect(cases).toBeGreaterThan(2000);
  });
});

describe("2c: mutated TLV areas", () => {
  it(`give only known codes, and what is accepted keeps the rules: ${MUTATIONS} of them`, () => {
    const { cases, codes, violations } = fuzzTlvAreas(SEED, MUTATIONS);
    expect(violations).toEqual([]);
    expect(cases).toBe(MUTATIONS);
    console.log(`attack 2c: ${cases} mutated TLV areas, seed ${SEED}: ${JSON.stringify(codes)}`);
    for (const code of ["accepted", "slot-bounds", "tlv-structure", "tlv-duplicate", "tlv-not-allowed", "tlv-length"])
      expect(codes[code], code).toBeGreaterThan(MUTATIONS / 1000);
    for (const code of ["tlv-missing", "boot-record", "key-unknown", "vendor-mismatch", "counter-too-low"])
      expect(codes[code], code).toBeGreaterThan(0);
  }, 300_000);
});

describe("a weakened twin is caught", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(WEAKENED_RULES.map((rule, index) => ({ ...rule, index })))(
    "$trial notices that it no longer holds: $rule",
    async ({ trial, index, ...weakening }) => {
      const path = join(folder, `rule-${index}.mjs`);
      await bundle(root, "test/attack/images/everything.ts", path, [weakening]);
      const weakened: typeof everything = await import(/* @vite-ignore */ path);
      expect(weakened[trial]().violations.length).toBeGreaterThan(0);
    },
    120_000,
  );
});
