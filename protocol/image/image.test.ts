/** The image format byte for byte, against an image that imgtool 2.4.0 made. */
import { describe, expect, it } from "vitest";
import { decodeBootRecord, encodeBootRecord } from "./boot-record.ts";
import { fromHex, toHex } from "./bytes.ts";
import { ImageError } from "./errors.ts";
import { decodeHeader, encodeHeader, type ImageHeader } from "./header.ts";
import { attachSignatures, prepareImage } from "./image.ts";
import { publicKeyFromSpki, spkiFromPublicKey, trustedKeyFromText } from "./public-key.ts";
import { decodeAreaBody, TLV_BOOT_RECORD } from "./tlv.ts";
import { compareVersions, formatVersion, parseVersion } from "./version.ts";

const signer = fromHex("5a".repeat(32));

/** Signed region of `imgtool sign -H 32 -v 1.2.3+4 -s 7 -d "(1, 0.9.0+0)" --boot-record APP --custom-tlv 0x00a1 0x01020304`. */
const imgtoolRegion =
  "3db8f396000000002000830040000000000000000102030004000000" +
  "00000000" +
  "00".repeat(64) +
  "08698300" +
  "5000040007000000" +
  `60005b00a501634150500465312e322e33055820${toHex(signer)}0666534841323536025820${"00".repeat(32)}` +
  "40000c00010000000009000000000000" +
  "a100040001020304";

describe("prepareImage", () => {
  it("writes the same bytes as imgtool", () => {
    const region = prepareImage({
      payload: new Uint8Array(64),
      version: parseVersion("1.2.3+4"),
      securityCounter: 7,
      softwareType: "APP",
      signer,
      dependencies: [{ image: 1, minimum: parseVersion("0.9") }],
      vendorTlvs: [{ type: 0xa1, value: fromHex("01020304") }],
    });
    expect(toHex(region)).toBe(imgtoolRegion);
  });

  it("writes no protected area when there is nothing to protect", () => {
    const region = prepareImage({ payload: fromHex("aabb"), version: parseVersion("1") });
    expect(decodeHeader(region).protectedByteLength).toBe(0);
    expect(region.length).toBe(34);
  });

  it("fills the gap behind a longer header with erased flash", () => {
    const region = prepareImage({ payload: fromHex("aabb"), version: parseVersion("1"), headerByteLength: 36 });
    expect(toHex(region.subarray(32))).toBe("ffffffffaabb");
  });

  const version = parseVersion("1.0.0");
  const payload = fromHex("00");
  const refused: readonly [string, () => unknown][] = [
    ["a counter above 32 bits", () => prepareImage({ payload, version, securityCounter: 2 ** 32 })],
    ["a vendor id of another size", () => prepareImage({ payload, version, vendorId: new Uint8Array(15) })],
    ["a class id of another size", () => prepareImage({ payload, version, classId: new Uint8Array(17) })],
    ["a long software type", () => prepareImage({ payload, version, softwareType: "THIRTEEN CHAR" })],
    ["a software type beyond ASCII", () => prepareImage({ payload, version, softwareType: "\u00e9" })],
    [
      "a standard type as vendor TLV",
      () => prepareImage({ payload, version, vendorTlvs: [{ type: 0x50, value: payload }] }),
    ],
    [
      "a vendor TLV twice",
      () => prepareImage({ payload, version, vendorTlvs: [1, 2].map(() => ({ type: 0xa0, value: payload })) }),
    ],
    [
      "an area above 65535 bytes",
      () => prepareImage({ payload, version, vendorTlvs: [{ type: 0xa0, value: new Uint8Array(65530) }] }),
    ],
    [
      "a dependency on image 256",
      () => prepareImage({ payload, version, dependencies: [{ image: 256, minimum: version }] }),
    ],
    ["a fraction in a version", () => prepareImage({ payload, version: { ...version, major: 0.5 } })],
    ["a digest of another size", () => attachSignatures(payload, new Uint8Array(31), [])],
  ];
  it.each(refused)("refuses %s", (_name, build) => {
    expect(build).toThrow(expect.objectContaining({ code: "build-value" }));
  });
});

describe("header", () => {
  const header: ImageHeader = {
    loadAddress: 0x40100000,
    headerByteLength: 512,
    protectedByteLength: 1000,
    payloadByteLength: 0x01020304,
    flags: 0x20,
    version: { major: 255, minor: 254, revision: 65535, build: 0xffffffff },
    reserved: 0,
  };

  it("is read as it was written", () => {
    expect(decodeHeader(encodeHeader(header))).toEqual(header);
  });

  const refused: readonly [string, string, (bytes: Uint8Array) => unknown][] = [
    ["another magic", "image-magic", (bytes) => bytes.set([0x3c], 0)],
    ["a header below 32 bytes", "image-sizes", (bytes) => bytes.set([31, 0], 8)],
    ["a protected area too small for a TLV", "image-sizes", (bytes) => bytes.set([7, 0], 10)],
    ["no payload", "image-sizes", (bytes) => bytes.set([0, 0, 0, 0], 12)],
    ["sizes that overflow 32 bits", "image-sizes", (bytes) => bytes.set([0xff, 0xff, 0xff, 0xff], 12)],
  ];
  it.each(refused)("refuses %s", (_name, code, change) => {
    const bytes = encodeHeader(header);
    change(bytes);
    expect(() => decodeHeader(bytes)).toThrow(expect.objectContaining({ code }));
  });
});

describe("TLV area", () => {
  it("splits a body and keeps offsets from the image's start", () => {
    const tlvs = decodeAreaBody(fromHex("a0000200aabba1000000"), 100);
    expect(tlvs.map((tlv) => [tlv.type, tlv.offset, toHex(tlv.value)])).toEqual([
      [0xa0, 104, "aabb"],
      [0xa1, 110, ""],
    ]);
  });

  it.each([
    ["a cut header", "a00000"],
    ["a value past the end", "a0000300aabb"],
    ["a huge length", "a000ffffaabb"],
    ["bytes left over", "a0000200aabb00"],
    ["65 TLVs", "a0000000".repeat(65)],
  ])("refuses %s", (_name, body) => {
    expect(() => decodeAreaBody(fromHex(body), 0)).toThrow(expect.objectContaining({ code: "tlv-structure" }));
  });
});

describe("boot record", () => {
  const record = { softwareType: "RUNTIME", version: "1.2.3", signer };
  const tlv = (value: Uint8Array) => ({ type: TLV_BOOT_RECORD, offset: 0, value });

  it("is read as it was written", () => {
    expect(decodeBootRecord(tlv(encodeBootRecord(record)))).toEqual(record);
  });

  it.each([
    ["another map", 0, 0xa6],
    ["an unprintable software type", 3, 0x0a],
    ["another measurement description", 59, 0x35],
    ["a measurement that is not zero", 94, 1],
  ])("refuses %s", (_name, offset, value) => {
    const bytes = encodeBootRecord(record);
    expect(bytes[offset]).not.oneOf([value, undefined]);
    bytes[offset] = value;
    expect(() => decodeBootRecord(tlv(bytes))).toThrow(expect.objectContaining({ code: "boot-record" }));
  });

  it("refuses every other length", () => {
    const whole = encodeBootRecord(record);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeBootRecord(tlv(whole.subarray(0, length)))).toThrow(ImageError);
    }
    expect(() => decodeBootRecord(tlv(new Uint8Array([...whole, 0])))).toThrow(ImageError);
  });
});

describe("version", () => {
  it.each([
    ["1", "1.0.0+0"],
    ["1.2", "1.2.0+0"],
    ["255.255.65535+4294967295", "255.255.65535+4294967295"],
  ])("reads %s", (text, whole) => {
    expect(formatVersion(parseVersion(text))).toBe(whole);
  });

  it.each([
    "",
    "01",
    "1.02",
    "1.2.3.4",
    "1.2+3",
    "256",
    "1.256",
    "1.2.65536",
    "1.2.3+4294967296",
    "-1",
    "1.2.3+",
    " 1",
  ])("refuses '%s'", (text) => {
    expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: "build-value" }));
  });

  it("is ordered by major, minor, revision, then build", () => {
    const ascending = ["0.0.0+1", "0.0.1+0", "0.1.0+0", "0.255.65535+9", "1.0.0+0", "1.0.0+4294967295"];
    for (let index = 1; index < ascending.length; index++) {
      const [low, high] = [parseVersion(ascending[index - 1] as string), parseVersion(ascending[index] as string)];
      expect(compareVersions(low, high)).toBeLessThan(0);
      expect(compareVersions(high, low)).toBeGreaterThan(0);
      expect(compareVersions(high, high)).toBe(0);
    }
  });
});

describe("public key", () => {
  const point = `04${"11".repeat(64)}`;
  const spki = `3059301306072a8648ce3d020106082a8648ce3d030107034200${point}`;

  it("is read from SubjectPublicKeyInfo and written back", () => {
    const key = publicKeyFromSpki(fromHex(spki));
    expect([key.algorithm, toHex(key.bytes)]).toEqual(["ecdsa-p256", point]);
    expect(toHex(spkiFromPublicKey(key))).toBe(spki);
  });

  it.each([
    ["a compressed point", `3039301306072a8648ce3d020106082a8648ce3d03010703220002${"11".repeat(32)}`],
    ["another curve", spki.replace("2a8648ce3d030107", "2a8648ce3d030108")],
    ["a hybrid point", spki.replace(/04(11)+$/, `06${"11".repeat(64)}`)],
    ["bytes left over", `${spki}00`],
    ["nothing", ""],
  ])("refuses %s", (_name, text) => {
    expect(() => publicKeyFromSpki(fromHex(text))).toThrow(RangeError);
  });

  it("refuses a trusted key whose hash has another size", () => {
    expect(() => trustedKeyFromText({ spki, keyHash: "00", epoch: 0, revoked: false })).toThrow(RangeError);
  });
});
