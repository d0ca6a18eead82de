/** The DER writer: shortest lengths, and integers that stay positive. */
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../image/bytes.ts";
import { DER_OCTET_STRING, DER_SEQUENCE, der, derBitString, derInteger, explicitTag, implicitTag } from "./der.ts";

describe("der", () => {
  it.each([
    [0, "0400"],
    [127, "047f"],
    [128, "048180"],
    [255, "0481ff"],
    [256, "04820100"],
    [65535, "0482ffff"],
  ])("writes the length %i as %s", (length, head) => {
    const bytes = der(DER_OCTET_STRING, new Uint8Array(length));
    expect(toHex(bytes.subarray(0, head.length / 2))).toBe(head);
    expect(bytes.length).toBe(head.length / 2 + length);
  });

  it("refuses more than two length bytes", () => {
    expect(() => der(DER_OCTET_STRING, new Uint8Array(65536))).toThrow(RangeError);
  });

  it("joins contents, inside context tags too", () => {
    expect(toHex(der(DER_SEQUENCE, fromHex("0101ff"), fromHex("0500")))).toBe("30050101ff0500");
    expect(toHex(der(explicitTag(3), fromHex("0500")))).toBe("a3020500");
    expect(toHex(der(implicitTag(0), fromHex("aa")))).toBe("8001aa");
  });
});

describe("derInteger", () => {
  it.each([
    ["00", "020100"],
    ["", "020100"],
    ["0000", "020100"],
    ["01", "020101"],
    ["7f", "02017f"],
    ["80", "02020080"],
    ["0080", "02020080"],
    ["00007f", "02017f"],
    ["ff00", "020300ff00"],
  ])("writes %s as %s", (bytes, expected) => expect(toHex(derInteger(fromHex(bytes)))).toBe(expected));
});

it("a bit string has no unused bits", () => expect(toHex(derBitString(fromHex("aa")))).toBe("030200aa"));
