/** The claim set one claim at a time: what encodes, what decodes back, and what is refused by which code. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { CBOR_ERROR_CODES, CborError } from "../cbor/errors.ts";
import { type CborEntry, CborMap, type CborValue } from "../cbor/values.ts";
import { toHex } from "../image/bytes.ts";
import { type EvidenceClaims, encodeClaims } from "./claims.ts";
import { decodeClaims } from "./claims-reader.ts";
import { EVIDENCE_ERROR_CODES, EvidenceError } from "./errors.ts";
import { diceModeOf, lifecycleOf, lifecycleValue, securityLifecycle } from "./lifecycle.ts";

function bytes(length: number, fill = 1): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

const component = { type: "root-of-trust", value: bytes(32, 2), version: "1.2.3+4", signer: bytes(32, 3) };
const claims: EvidenceClaims = {
  nonce: bytes(32, 4),
  ueid: bytes(33),
  bootSeed: bytes(32, 5),
  lifecycle: "secured",
  implementationId: bytes(32, 6),
  components: [component],
  operationalKey: bytes(32, 7),
};

/** The encoded claims with entries of one map changed: a value, or undefined to leave the entry out. */
function changed(map: CborMap, key: number, value: CborValue | undefined): CborMap {
  const entries = map.entries.filter(([other]) => other !== key);
  return new CborMap(value === undefined ? entries : [...entries, [key, value] as CborEntry]);
}

const good = decodeCbor(encodeClaims(claims)) as CborMap;
const goodComponent = (good.get(2399) as readonly CborMap[])[0] as CborMap;

function codeOf(payload: Uint8Array): string {
  try {
    decodeClaims(payload);
    return "accepted";
  } catch (error) {
    if (error instanceof EvidenceError || error instanceof CborError) return error.code;
    throw error;
  }
}

describe("claims", () => {
  it("have the labels of RFC 9711, RFC 9783 and RFC 8747", () => {
    expect(good.entries.map(([label]) => label)).toEqual([8, 10, 256, 265, 268, 2395, 2396, 2399]);
    expect(goodComponent.entries.map(([key]) => key)).toEqual([1, 2, 4, 5, 6]);
    expect(good.get(2395)).toBe(0x3000);
    expect(goodComponent.get(6)).toBe("sha-256");
    expect((good.get(8) as CborMap).entries).toEqual([[5, bytes(32, 7)]]);
  });

  it("come back as they went in, whatever they are", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const text = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 32 });
    const any: fc.Arbitrary<EvidenceClaims> = fc.record({
      nonce: fc.constantFrom(32, 48, 64).chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
      ueid: hash.map((device) => new Uint8Array([1, ...device])),
      bootSeed: hash,
      lifecycle: fc.constantFrom("assembly-and-test", "provisioning", "secured", "debug", "decommissioned"),
      implementationId: hash,
      components: fc.array(fc.record({ type: text, value: hash, version: text, signer: hash }), {
        minLength: 1,
        maxLength: 8,
      }),
      operationalKey: fc.option(hash, { nil: undefined }),
    });
    fc.assert(
      fc.property(any, (value) => {
        const encoded = encodeClaims(value);
        expect(decodeClaims(encoded)).toEqual(value);
        // With signature and headers evidence stays inside its limit.
        expect(encoded.length).toBeLessThan(2048 - 128);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, Partial<EvidenceClaims>]>([
    ["a nonce of 8 bytes", { nonce: bytes(8) }],
    ["a UEID of another type", { ueid: bytes(33, 2) }],
    ["a UEID of 32 bytes", { ueid: bytes(32) }],
    ["a short boot seed", { bootSeed: bytes(8) }],
    ["a long implementation id", { implementationId: bytes(64) }],
    ["no component", { components: [] }],
    ["nine components", { components: Array(9).fill(component) }],
    ["a component without version", { components: [{ ...component, version: "" }] }],
    ["a short thumbprint", { operationalKey: bytes(20) }],
  ])("are not encoded with %s", (_name, change) => {
    expect(() => encodeClaims({ ...claims, ...change })).toThrow(expect.objectContaining({ code: "claim-value" }));
  });

  const cases: readonly [name: string, payload: CborValue, code: string][] = [
    ["an array", [], "claims-structure"],
    ["an unknown claim", changed(good, 2394, 1), "claim-unknown"],
    ["a text claim", new CborMap([...good.entries, ["extra", 1]]), "claim-unknown"],
    ["another profile", changed(good, 265, "tag:psacertified.org,2023:psa#tfm"), "profile"],
    ["a profile of bytes", changed(good, 265, bytes(4)), "profile"],
    ["no profile", changed(good, 265, undefined), "claim-missing"],
    ...[10, 256, 268, 2395, 2396, 2399].map(
      (label) => [`no claim ${label}`, changed(good, label, undefined), "claim-missing"] as [string, CborValue, string],
    ),
    ...[10, 256, 268, 2395, 2396, 2399, 8].map(
      (label) =>
        [`a text as claim ${label}`, changed(good, label, "x"), "claims-structure"] as [string, CborValue, string],
    ),
    ["a nonce of 33 bytes", changed(good, 10, bytes(33)), "claim-value"],
    ["a UEID of type 2", changed(good, 256, bytes(33, 2)), "claim-value"],
    ["a lifecycle with a low byte", changed(good, 2395, 0x3001), "claim-value"],
    ["the lifecycle unknown", changed(good, 2395, 0), "claim-value"],
    ["no components", changed(good, 2399, []), "claim-value"],
    ["nine components", changed(good, 2399, Array(9).fill(goodComponent)), "claim-value"],
    ["a component that is no map", changed(good, 2399, [1]), "claims-structure"],
    ["a component with an unknown entry", changed(good, 2399, [changed(goodComponent, 7, 1)]), "claim-unknown"],
    ...[1, 2, 4, 5, 6].map(
      (key) =>
        [
          `a component without ${key}`,
          changed(good, 2399, [changed(goodComponent, key, undefined)]),
          "claim-missing",
        ] as [string, CborValue, string],
    ),
    ["a component with a number as type", changed(good, 2399, [changed(goodComponent, 1, 1)]), "claims-structure"],
    ["a component of another hash", changed(good, 2399, [changed(goodComponent, 6, "sha-512")]), "claim-value"],
    ["a component of 64 bytes", changed(good, 2399, [changed(goodComponent, 2, bytes(64))]), "claim-value"],
    ["a component with a line break", changed(good, 2399, [changed(goodComponent, 4, "1\n")]), "claim-value"],
    ["a confirmation with a key in it", changed(good, 8, new CborMap([[1, 0]])), "claims-structure"],
    [
      "two confirmations",
      changed(
        good,
        8,
        new CborMap([
          [3, bytes(4)],
          [5, bytes(32)],
        ]),
      ),
      "claims-structure",
    ],
    ["a thumbprint of 31 bytes", changed(good, 8, new CborMap([[5, bytes(31)]])), "claim-value"],
  ];
  it.each(cases)("are refused with %s", (_name, payload, code) => expect(codeOf(encodeCbor(payload))).toBe(code));

  it("mutated give themselves again or a known error", () => {
    const seed = encodeClaims(claims);
    fc.assert(
      fc.property(fc.nat(seed.length - 1), fc.nat(255), fc.nat(seed.length - 1), fc.nat(255), (a, x, b, y) => {
        const payload = seed.slice();
        payload[a] = x;
        payload[b] = y;
        const code = codeOf(payload);
        if (code === "accepted") expect(toHex(encodeClaims(decodeClaims(payload)))).toBe(toHex(payload));
        else expect([...EVIDENCE_ERROR_CODES, ...CBOR_ERROR_CODES]).toContain(code);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe("lifecycle", () => {
  it.each([
    ["blank", false, "assembly-and-test", 0x1000, "not-configured"],
    ["blank", true, "assembly-and-test", 0x1000, "not-configured"],
    ["provisioned", true, "provisioning", 0x2000, "not-configured"],
    ["secured", false, "secured", 0x3000, "normal"],
    ["secured", true, "debug", 0x4000, "debug"],
    ["decommissioned", true, "decommissioned", 0x6000, "not-configured"],
  ] as const)("%s, capability %s: %s", (state, capability, lifecycle, value, mode) => {
    expect(securityLifecycle(state, capability)).toBe(lifecycle);
    expect(lifecycleValue(lifecycle)).toBe(value);
    expect(lifecycleOf(value)).toBe(lifecycle);
    expect(diceModeOf(lifecycle)).toBe(mode);
  });
});
