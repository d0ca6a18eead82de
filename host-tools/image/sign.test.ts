/** Signing: known answers, bit-identical results, and node:crypto as a second opinion. */
import { createHash, createPrivateKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import { derFromRawSignature } from "../../protocol/image/ecdsa-signature.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { type ImageKey, keyFromPem } from "../keys/key-file.ts";
import { testKey } from "../keys/test-key.ts";
import { hostImageCrypto, signDigest } from "./crypto.ts";
import { inspectImage } from "./inspect.ts";
import { signImage } from "./sign.ts";
import { classIdentifier, formatUuid, vendorIdentifier } from "./uuid.ts";

const base64url = (hex: string): string => Buffer.from(hex, "hex").toString("base64url");
const sha256 = (bytes: string | Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** The key of RFC 6979 appendix A.2.5. */
function knownKey(): ImageKey {
  const key = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      d: base64url("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
      x: base64url("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
      y: base64url("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
    },
  });
  return keyFromPem(key.export({ format: "pem", type: "pkcs8" }).toString(), "(RFC 6979)");
}

const description = {
  payload: new Uint8Array(100).fill(7),
  version: parseVersion("1.2.3+4"),
  securityCounter: 7,
  softwareType: "RUNTIME",
  vendorId: vendorIdentifier("example.com"),
  classId: classIdentifier("thermostat", vendorIdentifier("example.com")),
};

describe("signDigest", () => {
  it.each([
    [
      "sample",
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ],
    [
      "test",
      "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
      "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    ],
  ])("gives RFC 6979's signature of '%s'", (message, r, s) => {
    const { signature } = signDigest(sha256(message), knownKey());
    expect(toHex(signature)).toBe(toHex(derFromRawSignature(fromHex(r + s))));
  });

  it.each(["ecdsa-p256", "ed25519"] as const)("%s: node:crypto accepts it", (algorithm) => {
    const key = testKey(algorithm);
    for (let index = 0; index < 20; index++) {
      const region = new Uint8Array(50).fill(index);
      const { signature } = signDigest(sha256(region), key);
      const publicKey = { key: Buffer.from(key.spki), format: "der", type: "spki" } as const;
      const signed = algorithm === "ed25519" ? sha256(region) : region;
      expect(verify(algorithm === "ed25519" ? null : "sha256", signed, publicKey, signature)).toBe(true);
    }
  });

  it("refuses a public key", () => {
    const key = { ...testKey("ed25519"), privateKey: undefined };
    expect(() => signDigest(new Uint8Array(32), key)).toThrow(expect.objectContaining({ code: "key-not-private" }));
  });
});

describe("hostImageCrypto", () => {
  it("answers false, and never throws, for keys and signatures of any size or value", () => {
    for (const length of [0, 1, 32, 33, 64, 65, 66]) {
      for (const fill of [0, 4, 0xff]) {
        const bytes = new Uint8Array(length).fill(fill);
        expect(hostImageCrypto.verifyP256(bytes, new Uint8Array(32), bytes)).toBe(false);
        expect(hostImageCrypto.verifyP256(knownKey().publicKey.bytes, new Uint8Array(32), bytes)).toBe(false);
        expect(hostImageCrypto.verifyEd25519?.(bytes, new Uint8Array(32).fill(1), bytes)).toBe(false);
      }
    }
  });
});

describe("signImage", () => {
  it.each(["ecdsa-p256", "ed25519"] as const)("%s: the same inputs give the same bytes", (algorithm) => {
    const key = testKey(algorithm);
    expect(toHex(signImage(description, [key]).bytes)).toBe(toHex(signImage(description, [key]).bytes));
  });

  it("refuses an image larger than its slot", () => {
    const key = testKey("ed25519");
    const { length } = signImage(description, [key]).bytes;
    expect(() => signImage(description, [key], length)).not.toThrow();
    expect(() => signImage(description, [key], length - 1)).toThrow(expect.objectContaining({ code: "slot-bounds" }));
  });

  it("refuses to sign with no key", () => {
    expect(() => signImage(description, [])).toThrow(expect.objectContaining({ code: "build-value" }));
  });
});

describe("inspectImage", () => {
  it("lists what was signed", () => {
    const key = testKey("ed25519");
    const signed = signImage({ ...description, placement: { kind: "rom", address: 0x22000000 }, bootable: false }, [
      key,
    ]);
    const report = inspectImage(signed.bytes);
    expect(report).toMatchObject({
      version: "1.2.3+4",
      flags: ["NON_BOOTABLE", "ROM_FIXED"],
      loadAddress: 0x22000000,
      digest: toHex(signed.digest),
      digestMatches: true,
      keyHashes: [toHex(key.keyHash)],
    });
    expect(report.tlvs.map((tlv) => tlv.name)).toEqual([
      ...["SEC_CNT", "BOOT_RECORD", "UUID_VID", "UUID_CID"],
      ...["SHA256", "KEYHASH", "ED25519"],
    ]);
  });

  it("says when the digest is another", () => {
    const { bytes } = signImage(description, [testKey("ed25519")]);
    bytes[40] = 0;
    expect(inspectImage(bytes).digestMatches).toBe(false);
  });
});

describe("vendor and class identifiers", () => {
  it("are version 5 UUIDs of names (RFC 9562 appendix A.4)", () => {
    expect(formatUuid(vendorIdentifier("www.example.com"))).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
  });

  it("are UUIDs as they stand, with or without dashes", () => {
    const uuid = "2ED6657D-E927-568B-95E1-2665A8AEA6A2";
    expect(formatUuid(vendorIdentifier(uuid))).toBe(uuid.toLowerCase());
    expect(formatUuid(classIdentifier(uuid.replaceAll("-", ""), new Uint8Array(16)))).toBe(uuid.toLowerCase());
  });
});
