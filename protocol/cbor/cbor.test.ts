/** The rules of deterministic CBOR one by one: code, offset and path of each refusal, and the limits. */
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../image/bytes.ts";
import { decodeCbor } from "./decode.ts";
import { encodeCbor } from "./encode.ts";
import { cborFloats } from "./float.ts";
import { CborFloat, CborMap, CborSimple, CborTag, type CborValue } from "./values.ts";

describe("decodeCbor refuses", () => {
  const cases: readonly [rule: string, hex: string, code: string, offset: number, path: string][] = [
    ["nothing at all", "", "truncated", 0, "item"],
    ["a head cut short", "19ff", "truncated", 2, "item"],
    ["a byte string longer than the input", "430102", "truncated", 0, "item"],
    ["a byte string of 2^32 bytes", "5b0000000100000000", "truncated", 0, "item"],
    ["a text longer than the input", "62c3", "truncated", 0, "item"],
    ["an array of more items than bytes", "9affffffff", "truncated", 0, "item"],
    ["a map of more pairs than bytes", "b9ffff0000", "truncated", 0, "item"],
    ["a map without its last value", "a101", "truncated", 0, "item"],
    ["something behind the item", "0000", "trailing-bytes", 1, "item"],
    ["23 in two bytes", "1817", "not-shortest", 0, "item"],
    ["255 in three bytes", "1900ff", "not-shortest", 0, "item"],
    ["65535 in five bytes", "1a0000ffff", "not-shortest", 0, "item"],
    ["2^32 - 1 in nine bytes", "1b00000000ffffffff", "not-shortest", 0, "item"],
    ["a length that is not shortest", "8158010a", "not-shortest", 1, "item[0]"],
    ["2^53", "1b0020000000000000", "integer-range", 0, "item"],
    ["-2^53", "3b001fffffffffffff", "integer-range", 0, "item"],
    ["-2^64", "3bffffffffffffffff", "integer-range", 0, "item"],
    ["additional information 28", "1c", "reserved", 0, "item"],
    ["additional information 30 of a float", "fe", "reserved", 0, "item"],
    ["simple value 20 in two bytes", "f814", "reserved", 0, "item"],
    ["an indefinite array inside", "a1069fff", "indefinite-length", 2, "item{6}"],
    ["a stray break", "8101ff", "trailing-bytes", 2, "item"],
    ["a break as an item", "82ff01", "indefinite-length", 1, "item[0]"],
    ["a key twice", "a201000100", "key-duplicate", 3, "item"],
    ["an equal text key", "a2616100616101", "key-duplicate", 4, "item"],
    ["keys out of order", "a202000100", "key-order", 3, "item"],
    ["a negative key before a positive", "a220000100", "key-order", 3, "item"],
    ["a byte string key", "a1414100", "key-type", 1, "item"],
    ["a null key", "a1f600", "key-type", 1, "item"],
    ["an array as key", "a18000", "key-type", 1, "item"],
    ["a tag", "d24100", "tag-not-allowed", 0, "item"],
    ["a float", "f93c00", "float-not-allowed", 0, "item"],
    ["an overlong NUL", "62c080", "text-not-utf8", 1, "item"],
    ["half a surrogate pair", "63eda080", "text-not-utf8", 1, "item"],
    ["a point above U+10FFFF", "64f4908080", "text-not-utf8", 1, "item"],
    ["an overlong three-byte form", "63e08080", "text-not-utf8", 1, "item"],
    ["an overlong four-byte form", "64f0808080", "text-not-utf8", 1, "item"],
    ["a lone continuation byte", "6261bf", "text-not-utf8", 2, "item"],
    ["a character cut short", "6261c3", "text-not-utf8", 2, "item"],
    ["a fault deep inside", "a1195dbf8201a161611817", "not-shortest", 9, 'item{23999}[1]{"a"}'],
  ];
  it.each(cases)("%s", (_rule, hex, code, offset, path) => {
    expect(() => decodeCbor(fromHex(hex))).toThrow(expect.objectContaining({ name: "CborError", code, offset, path }));
  });

  it("a float in more bytes than it needs, when floats are allowed", () => {
    for (const hex of ["fa3fc00000", "fb3ff8000000000000", "fb40f86a0000000000", "f97e01", "f9fe00", "fa7fc00001"]) {
      expect(() => decodeCbor(fromHex(hex), { floats: cborFloats })).toThrow(
        expect.objectContaining({ code: "not-shortest" }),
      );
    }
  });

  it("a tag that is not one of those allowed, and takes the others", () => {
    expect(() => decodeCbor(fromHex("d24100"), { tags: [17] })).toThrow(
      "expected a tag of 17, found tag 18 at offset 0 (item)",
    );
    expect(decodeCbor(fromHex("d24100"), { tags: [17, 18] })).toEqual(new CborTag(18, fromHex("00")));
  });

  it("keeps an attacker's text out of messages", () => {
    const key = "\u001b[31m";
    const encoded = encodeCbor(new CborMap([[key, [0, 0]]]));
    encoded[encoded.length - 1] = 0xff;
    expect(() => decodeCbor(encoded)).toThrow("found a break at offset 9 (item{text}[1])");
  });
});

describe("limits", () => {
  it("refuses a long input before reading it", () => {
    expect(() => decodeCbor(new Uint8Array(4097))).toThrow(
      "expected at most 4096 bytes, found 4097 at offset 0 (item)",
    );
    expect(() => decodeCbor(new Uint8Array(3), { limits: { byteLength: 2 } })).toThrow(
      expect.objectContaining({ code: "byte-limit" }),
    );
  });

  it("refuses one level more than allowed, and takes the last one", () => {
    expect(decodeCbor(fromHex("8181818181818181" + "00"))).toBeDefined();
    expect(() => decodeCbor(fromHex("818181818181818181" + "00"))).toThrow(
      expect.objectContaining({ code: "depth-limit", offset: 8 }),
    );
    expect(() => decodeCbor(fromHex("d281a10100"), { tags: [18], limits: { depth: 2 } })).toThrow(
      expect.objectContaining({ code: "depth-limit", path: "item<18>[0]" }),
    );
  });

  it("counts keys, values and containers as items", () => {
    const limits = { items: 5 };
    expect(decodeCbor(fromHex("a201020304"), { limits })).toBeInstanceOf(CborMap);
    expect(() => decodeCbor(fromHex("a20102038104"), { limits })).toThrow(
      expect.objectContaining({ code: "item-limit" }),
    );
    expect(() => decodeCbor(fromHex("850102030405"), { limits })).toThrow(
      expect.objectContaining({ code: "item-limit", offset: 0 }),
    );
  });

  it("holds for encoding too", () => {
    const nested = (levels: number): CborValue => (levels === 0 ? 0 : [nested(levels - 1)]);
    expect(encodeCbor(nested(8)).length).toBe(9);
    expect(() => encodeCbor(nested(9))).toThrow(expect.objectContaining({ code: "depth-limit" }));
    expect(() => encodeCbor(new Uint8Array(4094))).toThrow(expect.objectContaining({ code: "byte-limit" }));
    expect(() => encodeCbor([1, 2, 3], { limits: { items: 3 } })).toThrow(
      expect.objectContaining({ code: "item-limit" }),
    );
    const endless: CborValue[] = [];
    endless.push(endless);
    expect(() => encodeCbor(endless)).toThrow(expect.objectContaining({ code: "depth-limit" }));
  });
});

describe("encodeCbor", () => {
  it("sorts keys by their encodings, whatever order they come in", () => {
    const map = new CborMap([
      ["aa", 1],
      [-1, 2],
      ["b", 3],
      [100, 4],
      [10, 5],
    ]);
    expect(toHex(encodeCbor(map))).toBe("a50a0518640420026162036261610" + "1");
  });

  it.each<[string, unknown, string]>([
    ["a fraction", 0.5, "value-unsupported"],
    ["NaN", Number.NaN, "value-unsupported"],
    ["an unsafe integer", 2 ** 53, "integer-range"],
    ["a function", () => 0, "value-unsupported"],
    ["undefined", undefined, "value-unsupported"],
    ["a plain object", { a: 1 }, "value-unsupported"],
    ["a float without the codec", new CborFloat(1), "float-not-allowed"],
    ["simple value 24", new CborSimple(24), "value-unsupported"],
    ["simple value 21, which is true", new CborSimple(21), "value-unsupported"],
    ["a negative tag", new CborTag(-1, 0), "value-unsupported"],
    ["half a surrogate pair", "\ud800", "text-not-utf8"],
    [
      "a key twice",
      new CborMap([
        [1, 0],
        [1, 0],
      ]),
      "key-duplicate",
    ],
    ["a byte string key", new CborMap([[new Uint8Array(1) as unknown as string, 0]]), "value-unsupported"],
  ])("refuses %s", (_name, value, code) => {
    expect(() => encodeCbor(value as CborValue)).toThrow(expect.objectContaining({ code }));
  });

  it("writes the ends of the safe integer range", () => {
    for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0xffffffff, 2 ** 32, -(2 ** 32) - 1]) {
      expect(decodeCbor(encodeCbor(value))).toBe(value);
    }
  });
});

describe("decodeCbor", () => {
  it("copies byte strings, so that a later change of the input changes nothing", () => {
    const input = fromHex("420102");
    const value = decodeCbor(input);
    input.fill(0);
    expect(value).toEqual(fromHex("0102"));
  });

  it("finds map entries by key", () => {
    const map = decodeCbor(fromHex("a2010261610a")) as CborMap;
    expect(map.get(1)).toBe(2);
    expect(map.get("a")).toBe(10);
    expect(map.get("1")).toBeUndefined();
  });
});
