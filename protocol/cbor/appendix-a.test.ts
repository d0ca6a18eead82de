/** RFC 8949 appendix A: what is deterministic decodes and encodes back to the same bytes, what is not is refused with its reason. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../image/bytes.ts";
import { decodeCbor } from "./decode.ts";
import { encodeCbor } from "./encode.ts";
import { CborError } from "./errors.ts";
import { cborFloats } from "./float.ts";
import { CborFloat, CborMap, CborSimple, CborTag, type CborValue } from "./values.ts";

interface Vector {
  readonly hex: string;
  readonly roundtrip: boolean;
  readonly decoded?: unknown;
  readonly diagnostic?: string;
}

const path = new URL("../../../shared/vectors/cbor/appendix_a.json", import.meta.url);
const present = existsSync(path);
if (!present) console.warn("SKIPPED: RFC 8949 appendix A: expected ../shared/vectors/cbor, found none");
const vectors: readonly Vector[] = present ? JSON.parse(readFileSync(path, "utf8")) : [];

/** Vectors that a deterministic decoder with 53-bit integers must refuse. */
const REFUSED: Readonly<Record<string, string>> = {
  "1bffffffffffffffff": "integer-range",
  "3bffffffffffffffff": "integer-range",
  // RFC 7049 allowed simple(24); RFC 8949, section 3.3 reserves 24 to 31.
  f818: "reserved",
  fa7f800000: "not-shortest",
  fa7fc00000: "not-shortest",
  faff800000: "not-shortest",
  fb7ff0000000000000: "not-shortest",
  fb7ff8000000000000: "not-shortest",
  fbfff0000000000000: "not-shortest",
  "5f42010243030405ff": "indefinite-length",
  "7f657374726561646d696e67ff": "indefinite-length",
  "9fff": "indefinite-length",
  "9f018202039f0405ffff": "indefinite-length",
  "9f01820203820405ff": "indefinite-length",
  "83018202039f0405ff": "indefinite-length",
  "83019f0203ff820405": "indefinite-length",
  "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff": "indefinite-length",
  bf61610161629f0203ffff: "indefinite-length",
  "826161bf61626163ff": "indefinite-length",
  bf6346756ef563416d7421ff: "indefinite-length",
};

const OPTIONS = { tags: [0, 1, 2, 3, 23, 24, 32], floats: cborFloats };

/** An item in the forms of the vector file: plain JSON, or diagnostic notation. */
function plain(value: CborValue): unknown {
  if (value instanceof CborFloat) return value.value;
  if (value instanceof CborMap) return Object.fromEntries(value.entries.map(([key, item]) => [key, plain(item)]));
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

function diagnostic(value: CborValue): string {
  if (value instanceof Uint8Array) return `h'${toHex(value)}'`;
  if (value instanceof CborTag) return `${value.tag}(${diagnostic(value.value)})`;
  if (value instanceof CborSimple) return value.number === 23 ? "undefined" : `simple(${value.number})`;
  if (value instanceof CborFloat) return `${value.value}`;
  if (value instanceof CborMap) {
    return `{${value.entries.map(([key, item]) => `${key}: ${diagnostic(item)}`).join(", ")}}`;
  }
  return JSON.stringify(value);
}

/** 2(h'...') is written as a number in the file. */
function bignum(value: CborValue): number | undefined {
  if (!(value instanceof CborTag) || !(value.value instanceof Uint8Array) || value.tag < 2 || value.tag > 3) {
    return undefined;
  }
  const magnitude = Number(`0x${toHex(value.value)}`);
  return value.tag === 2 ? magnitude : -1 - magnitude;
}

function outcome(hex: string): unknown {
  try {
    return decodeCbor(fromHex(hex), OPTIONS);
  } catch (error) {
    if (error instanceof CborError) return error.code;
    throw error;
  }
}

describe.skipIf(!present)("RFC 8949 appendix A", () => {
  it("has every refused vector, and no other is non-deterministic", () => {
    expect(vectors.length).toBe(82);
    const listed = vectors.filter(({ hex }) => REFUSED[hex] !== undefined);
    expect(listed.length).toBe(Object.keys(REFUSED).length);
    expect(vectors.filter(({ hex, roundtrip }) => !roundtrip && REFUSED[hex] === undefined)).toEqual([]);
  });

  it.each(vectors.map((vector) => [vector.hex, vector] as const))("%s", (hex, vector) => {
    const refusal = REFUSED[hex];
    const result = outcome(hex);
    if (refusal !== undefined) {
      expect(result).toBe(refusal);
      return;
    }
    const value = result as CborValue;
    if (vector.diagnostic !== undefined) expect(diagnostic(value)).toBe(vector.diagnostic);
    // JSON has no negative zero: the file says 0 for f98000, and the bytes below say the rest.
    else expect(bignum(value) ?? plain(value)).toEqual(hex === "f98000" ? -0 : vector.decoded);
    expect(toHex(encodeCbor(value, OPTIONS))).toBe(hex);
  });
});
