/** What the root of trust's random source gives, refuses and forgets. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import { HmacDrbg } from "./hmac-drbg.ts";
import { SEED_BYTE_LENGTH, SeededRandom } from "./seeded-random.ts";

const { hmacSha512 } = hostIdentityPrimitives;

function seed(label = "seed"): Uint8Array {
  return new Uint8Array(createHash("sha512").update(label).digest());
}

function take(random: SeededRandom, length: number): string {
  const bytes = new Uint8Array(length);
  random.fill(bytes);
  return toHex(bytes);
}

const withCode = (code: string) => expect.objectContaining({ code });

describe("SeededRandom", () => {
  it("is HMAC_DRBG of the seed and its own name, and zeroes the seed", () => {
    const given = seed();
    const random = new SeededRandom(hmacSha512, given);
    expect(given.every((byte) => byte === 0)).toBe(true);
    const expected = new HmacDrbg(hmacSha512, 64, seed(), new Uint8Array(Buffer.from("holdfast root of trust")));
    for (const length of [1, 12, 64, 65, 1000]) {
      const bytes = new Uint8Array(length);
      expected.output(bytes);
      expected.update();
      expect(take(random, length)).toBe(toHex(bytes));
    }
  });

  it("gives other bytes for each request and each seed", () => {
    const random = new SeededRandom(hmacSha512, seed());
    const other = new SeededRandom(hmacSha512, seed("other"));
    const all = [take(random, 32), take(random, 32), take(other, 32), take(other, 32)];
    expect(new Set(all).size).toBe(4);
  });

  const seeds: readonly [name: string, bytes: Uint8Array][] = [
    ["nothing", new Uint8Array(0)],
    ["zeros", new Uint8Array(SEED_BYTE_LENGTH)],
    ["erased flash", new Uint8Array(SEED_BYTE_LENGTH).fill(0xff)],
    ["one half twice", Uint8Array.from([...seed().subarray(0, 32), ...seed().subarray(0, 32)])],
    ["63 bytes", seed().subarray(1)],
    ["65 bytes", Uint8Array.from([1, ...seed()])],
  ];
  it.each(seeds)("refuses %s as seed, and zeroes it", (_name, bytes) => {
    const first = bytes.slice();
    expect(() => new SeededRandom(hmacSha512, first)).toThrow(withCode("seed"));
    const second = bytes.slice();
    const random = new SeededRandom(hmacSha512, seed());
    expect(() => random.reseed(second)).toThrow(withCode("seed"));
    for (const given of [first, second]) expect(given.every((byte) => byte === 0)).toBe(true);
  });

  it("takes a seed that differs in one bit from a repeated half", () => {
    const bytes = new Uint8Array(SEED_BYTE_LENGTH);
    bytes[SEED_BYTE_LENGTH - 1] = 1;
    expect(take(new SeededRandom(hmacSha512, bytes), 8)).toHaveLength(16);
  });

  it("refuses more than 64 KiB at once and writes nothing of it", () => {
    const random = new SeededRandom(hmacSha512, seed());
    const bytes = new Uint8Array(65_537);
    expect(() => random.fill(bytes)).toThrow(withCode("request-limit"));
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    random.fill(bytes.subarray(1));
    expect(bytes.subarray(-8).some((byte) => byte !== 0)).toBe(true);
  });

  it("refuses when a seed is used up, until it has a new one", () => {
    const random = new SeededRandom(hmacSha512, seed(), 3);
    for (let count = 0; count < 3; count++) random.fill(new Uint8Array(1));
    const bytes = new Uint8Array(8);
    expect(() => random.fill(bytes)).toThrow(withCode("exhausted"));
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    random.reseed(seed("new"));
    expect(take(random, 8)).not.toBe("00".repeat(8));
  });

  it("keeps its state when it is reseeded", () => {
    const one = new SeededRandom(hmacSha512, seed("one"));
    const two = new SeededRandom(hmacSha512, seed("two"));
    for (const random of [one, two]) random.reseed(seed("the same"));
    expect(take(one, 32)).not.toBe(take(two, 32));
  });

  it("gives nothing once closed", () => {
    const random = new SeededRandom(hmacSha512, seed());
    random.close();
    random.close();
    expect(() => random.fill(new Uint8Array(1))).toThrow(withCode("closed"));
    const fresh = seed();
    expect(() => random.reseed(fresh)).toThrow(withCode("closed"));
    expect(fresh.every((byte) => byte === 0)).toBe(true);
  });
});
