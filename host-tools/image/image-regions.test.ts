/** Tests of naming the parts of an image. */
import { describe, expect, it } from "vitest";
import { writeUint32 } from "../../protocol/image/bytes.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { testKey } from "../keys/test-key.ts";
import { flipBit, imageRegions } from "./image-regions.ts";
import { signImage } from "./sign.ts";

const key = testKey("ecdsa-p256");

/** A payload of 200 bytes that says that its last `archive` bytes are an archive. */
function runtimePayload(archive: number): Uint8Array {
  const payload = new Uint8Array(200);
  writeUint32(payload, 0, 0x54524648);
  writeUint32(payload, 16, archive);
  return payload;
}

function regionsOf(payload: Uint8Array, headerByteLength: number, securityCounter?: number) {
  const counted = securityCounter === undefined ? {} : { securityCounter };
  const version = parseVersion("1.0.0");
  const { bytes, signedByteLength } = signImage({ payload, version, headerByteLength, ...counted }, [key]);
  const regions = imageRegions(bytes);
  let end = 0;
  for (const { offset, byteLength } of regions) {
    expect(offset).toBe(end);
    expect(byteLength).toBeGreaterThan(0);
    end += byteLength;
  }
  expect(end).toBe(bytes.length);
  expect(regions.filter(({ signed }) => !signed).map(({ offset }) => offset)).toEqual([signedByteLength]);
  return regions.map(({ name, offset }) => `${offset} ${name}`);
}

describe("imageRegions", () => {
  it("names every part of a runtime image", () => {
    expect(regionsOf(runtimePayload(48), 512, 1)).toEqual([
      "0 header",
      "32 header padding",
      "512 code",
      "664 archive",
      "712 protected TLVs",
      "724 unprotected TLVs",
    ]);
  });

  it("leaves out what an image does not have", () => {
    const bare = ["0 header", "32 code", "232 unprotected TLVs"];
    expect(regionsOf(new Uint8Array(200), 32)).toEqual(bare);
    expect(regionsOf(runtimePayload(0), 32)).toEqual(bare);
    expect(regionsOf(runtimePayload(200), 32)).toEqual(bare);
  });

  it("refuses bytes that are no image", () => {
    expect(() => imageRegions(new Uint8Array(100))).toThrow(expect.objectContaining({ code: "image-magic" }));
  });
});

describe("flipBit", () => {
  it("changes one bit of a copy, and back", () => {
    const bytes = Uint8Array.of(0, 0x80);
    expect(flipBit(bytes, 1, 7)).toEqual(Uint8Array.of(0, 0));
    expect(flipBit(flipBit(bytes, 0, 3), 0, 3)).toEqual(bytes);
    expect(bytes).toEqual(Uint8Array.of(0, 0x80));
  });

  it.each([
    [2, 0],
    [-1, 0],
    [0, 8],
    [0, -1],
    [0, 0.5],
  ])("refuses byte %d, bit %d of two bytes", (offset, bit) => {
    expect(() => flipBit(new Uint8Array(2), offset, bit)).toThrow(RangeError);
  });
});
