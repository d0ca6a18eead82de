/** Agreement with cborg in its strict mode on random items, and what random and mutated bytes can do to the decoder. */
import { decode as cborgDecode, encode as cborgEncode, rfc8949EncodeOptions } from "cborg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../image/bytes.ts";
import { decodeCbor } from "./decode.ts";
import { encodeCbor } from "./encode.ts";
import { CBOR_ERROR_CODES, CborError } from "./errors.ts";
import { cborFloats } from "./float.ts";
import { CborFloat, CborMap, type CborValue } from "./values.ts";

const LIMITS = { byteLength: 65536, depth: 8, items: 4096 };

const scalar: fc.Arbitrary<CborValue> = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 300 }),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.uint8Array({ maxLength: 40 }),
  fc.boolean(),
  fc.constant(null),
);

/** Text keys only where cborg must agree: it makes objects of maps. */
const items = fc.letrec<{ item: CborValue }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    scalar,
    fc.array(tie("item"), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.string({ maxLength: 6 }), tie("item")), { maxLength: 5, selector: ([key]) => key })
      .map((entries) => new CborMap(entries)),
  ),
})).item;

const integerKeyed = fc
  .uniqueArray(fc.tuple(fc.oneof(fc.integer({ min: -70000, max: 70000 }), fc.string({ maxLength: 3 })), scalar), {
    maxLength: 12,
    selector: ([key]) => key,
  })
  .map((entries) => new CborMap(entries));

/** The same item for cborg. */
function forCborg(value: CborValue): unknown {
  if (value instanceof CborMap) return new Map(value.entries.map(([key, item]) => [key, forCborg(item)]));
  return Array.isArray(value) ? value.map(forCborg) : value;
}

/** Map entries in encoded order, so that values compare equal whatever order they were made in. */
function canonical(value: CborValue): CborValue {
  return decodeCbor(encodeCbor(value, { limits: LIMITS }), { limits: LIMITS });
}

describe("cborg", () => {
  it("writes the same bytes, and reads ours strictly", () => {
    fc.assert(
      fc.property(fc.oneof(items, integerKeyed), (value) => {
        const ours = encodeCbor(value, { limits: LIMITS });
        const theirs = cborgEncode(forCborg(value), rfc8949EncodeOptions);
        expect(toHex(ours)).toBe(toHex(theirs));
        const read = cborgDecode(ours, { strict: true, useMaps: true, rejectDuplicateMapKeys: true });
        expect(read).toEqual(forCborg(canonical(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it("writes the same floats", () => {
    const float = fc.oneof(
      fc.double(),
      fc.float(),
      fc.integer({ min: -65504, max: 65504 }).map((n) => n / 1024),
    );
    fc.assert(
      fc.property(float, (value) => {
        const ours = encodeCbor(new CborFloat(value), { floats: cborFloats });
        // cborg writes whole numbers, and negative zero, as integers.
        if (!Number.isInteger(value)) {
          expect(toHex(ours)).toBe(toHex(cborgEncode(value, rfc8949EncodeOptions)));
        }
        const read = decodeCbor(ours, { floats: cborFloats });
        expect(read).toBeInstanceOf(CborFloat);
        expect(Object.is((read as CborFloat).value, value)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("and we part where it is lenient: whatever we read encodes to the bytes it came from", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const value = attempt(bytes);
        if (!(value instanceof CborError)) expect(toHex(encodeCbor(value))).toBe(toHex(bytes));
      }),
      { numRuns: 20000 },
    );
  });
});

function attempt(bytes: Uint8Array): CborValue | CborError {
  try {
    return decodeCbor(bytes);
  } catch (error) {
    if (error instanceof CborError) return error;
    throw error;
  }
}

/** A real message: evidence-like claims with nested components. */
const SEED = encodeCbor(
  new CborMap([
    [10, new Uint8Array(32).fill(7)],
    [256, new Uint8Array(33).fill(1)],
    [265, "urn:uuid:0"],
    [2395, 0x3000],
    [
      2399,
      [
        new CborMap([
          [1, "runtime"],
          [2, new Uint8Array(32)],
          [4, "1.2.3"],
        ]),
        new CborMap([
          [1, "\u00e9\u6c34"],
          [5, new Uint8Array(32)],
        ]),
      ],
    ],
    [8, new CborMap([[5, new Uint8Array(32).fill(9)]])],
  ]),
);

describe("mutated bytes", () => {
  it("give the item again or a known error that lies inside, and never a second encoding of anything", () => {
    const mutation = fc.tuple(
      fc.nat(SEED.length - 1),
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom("set", "insert", "delete"),
    );
    const codes = new Set<string>();
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        const bytes = [...SEED];
        for (const [index, value, kind] of mutations) {
          if (kind === "set") bytes[index % bytes.length] = value;
          else bytes.splice(index, kind === "delete" ? 1 : 0, ...(kind === "insert" ? [value] : []));
        }
        const input = new Uint8Array(bytes);
        const result = attempt(input);
        if (result instanceof CborError) {
          codes.add(result.code);
          expect(CBOR_ERROR_CODES).toContain(result.code);
          expect(result.offset).toBeLessThanOrEqual(input.length);
        } else {
          expect(toHex(encodeCbor(result))).toBe(toHex(input));
        }
      }),
      { numRuns: 20000 },
    );
    // The mutator reaches most of the decoder; without this line a decoder that refuses everything would pass.
    expect([...codes].sort()).toEqual(
      expect.arrayContaining([
        "indefinite-length",
        "key-duplicate",
        "key-order",
        "not-shortest",
        "trailing-bytes",
        "truncated",
      ]),
    );
  });

  it("cost time and memory in proportion to the input, whatever it declares", () => {
    const greedy = ["9b001fffffffffffff", "bb000fffffffffffff", "5b001fffffffffffff", "7affffffff", "9a0000ffff"];
    const started = performance.now();
    for (let round = 0; round < 1000; round++) {
      for (const hex of greedy) expect(attempt(fromHex(hex))).toBeInstanceOf(CborError);
    }
    expect(attempt(new Uint8Array(4096).fill(0x81))).toMatchObject({ code: "depth-limit" });
    expect(attempt(new Uint8Array(4096).fill(0xa1))).toMatchObject({ code: "depth-limit" });
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
