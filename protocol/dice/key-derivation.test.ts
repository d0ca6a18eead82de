/** HMAC and HKDF against Wycheproof, and against node:crypto on random input. */
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../image/bytes.ts";
import { asciiBytes, hkdf, hmac, hmacSha256, hmacSha512, macOf } from "./key-derivation.ts";

interface VectorFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly tagSize?: number;
    readonly tests: readonly Readonly<Record<string, string>>[];
  }[];
}

const digestOf = (name: string) => (data: Uint8Array) => new Uint8Array(createHash(name).update(data).digest());
const sha256 = hmacSha256(digestOf("sha256"));
const sha512 = hmacSha512(digestOf("sha512"));
const empty = new Uint8Array(0);

const folder = new URL("../../../shared/vectors/wycheproof/", import.meta.url);
const present = existsSync(folder);
if (!present) console.warn("SKIPPED: Wycheproof HKDF and HMAC: expected ../shared/vectors/wycheproof, found none");

function read(name: string): VectorFile {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8"));
}

describe.skipIf(!present)("Wycheproof", () => {
  it.each([
    ["hkdf_sha256.json", sha256, 32, 30],
    ["hkdf_sha512.json", sha512, 64, 72],
  ] as const)("%s: every output of at most one hash, and none longer", (name, hash, limit, count) => {
    let short = 0;
    for (const { tests } of read(name).testGroups) {
      for (const { ikm = "", salt = "", info = "", okm = "", size = "", result } of tests) {
        const length = Number(size);
        const derive = (): string => toHex(hkdf(macOf(hash), fromHex(ikm), fromHex(salt), fromHex(info), length));
        if (result === "valid" && length <= limit) {
          expect(derive()).toBe(okm);
          short++;
        } else {
          expect(derive).toThrow(RangeError);
        }
      }
    }
    expect(short).toBe(count);
  });

  it("hmac_sha256.json", () => {
    const file = read("hmac_sha256.json");
    let count = 0;
    for (const { tests, tagSize = 0 } of file.testGroups) {
      for (const { key = "", msg = "", tag = "", result } of tests) {
        const made = toHex(hmac(sha256, fromHex(key), fromHex(msg)).subarray(0, tagSize / 8));
        expect(made === tag).toBe(result === "valid");
        count++;
      }
    }
    expect(count).toBe(file.numberOfTests);
  });
});

describe("hmac", () => {
  it("agrees with node:crypto for keys below, at and above a block, whatever the parts", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }),
        (key, parts) => {
          for (const [name, hash] of [
            ["sha256", sha256],
            ["sha512", sha512],
          ] as const) {
            const expected = createHmac(name, key).update(Buffer.concat(parts)).digest("hex");
            expect(toHex(hmac(hash, key, ...parts))).toBe(expected);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("zeroes what it made of the key, and leaves key and parts as they were", () => {
    const made: Uint8Array[] = [];
    const watched = {
      blockByteLength: 128,
      digest: (data: Uint8Array) => {
        made.push(data);
        return digestOf("sha512")(data);
      },
    };
    const key = new Uint8Array(32).fill(7);
    hmac(watched, key, asciiBytes("part"));
    expect(made.length).toBe(2);
    expect(made.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
    expect(key.every((byte) => byte === 7)).toBe(true);
  });
});

describe("hkdf", () => {
  it("agrees with node:crypto", () => {
    const bytes = fc.uint8Array({ maxLength: 150 });
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 64 }), (secret, salt, info, length) => {
        const expected = Buffer.from(hkdfSync("sha512", secret, salt, info, length)).toString("hex");
        expect(toHex(hkdf(macOf(sha512), secret, salt, info, length))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it.each([0, 65])("refuses %i bytes", (length) => {
    expect(() => hkdf(macOf(sha512), empty, empty, empty, length)).toThrow("expected a length of 1 to 64 bytes");
  });
});
