/** Keys, nonces and signatures of the software crypto against @noble/curves, and what a holder of a secret can do with it. */
import { createHash, createHmac } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostIdentityCrypto, hostIdentityPrimitives, hostSealingPrimitives } from "../../host-tools/identity/crypto.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import { IdentityError } from "./errors.ts";
import { reduceDigest, scalarFromSeed } from "./scalar.ts";
import {
  FirstStageCrypto,
  type IdentityPrimitives,
  SoftwareIdentityCrypto,
  SoftwareSealingCrypto,
} from "./software-crypto.ts";

const { sha256 } = hostIdentityPrimitives;
const empty = new Uint8Array(0);
const ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const RAW = { prehash: false, lowS: false, format: "compact", extraEntropy: false } as const;
const seed32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Crypto that shows the private keys it makes. */
function watchedCrypto() {
  const privateKeys: Uint8Array[] = [];
  const primitives: IdentityPrimitives = {
    ...hostIdentityPrimitives,
    p256PublicKey(privateKey) {
      privateKeys.push(privateKey.slice());
      return hostIdentityPrimitives.p256PublicKey(privateKey);
    },
  };
  return { crypto: new SoftwareIdentityCrypto(primitives), privateKeys };
}

/** RFC 6979, section 3.2 written again, with node:crypto and one result. */
function firstScalar(seed: Uint8Array): string {
  const mac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
    createHmac("sha512", key).update(Buffer.concat(parts)).digest();
  let key: Uint8Array = new Uint8Array(64);
  let value: Uint8Array = new Uint8Array(64).fill(1);
  for (const separator of [0, 1]) {
    key = mac(key, value, Buffer.of(separator), seed);
    value = mac(key, value);
  }
  return mac(key, value).subarray(0, 32).toString("hex");
}

describe("keyFromSeed", () => {
  it("takes the first value of HMAC_DRBG-SHA512", () => {
    fc.assert(
      fc.property(seed32, (seed) => {
        const { crypto, privateKeys } = watchedCrypto();
        const key = crypto.keyFromSeed(crypto.importSecret(seed.slice()));
        expect(privateKeys.length).toBe(0);
        expect(key.publicKey.length).toBe(65);
        expect(toHex(privateKeys[0] ?? empty)).toBe(firstScalar(seed));
        expect(toHex(key.publicKey)).toBe(toHex(p256.getPublicKey(privateKeys[0] ?? empty, false)));
      }),
      { numRuns: 50 },
    );
  });
});

describe("signDigest", () => {
  it("is the deterministic ECDSA of RFC 6979, as @noble/curves computes it", () => {
    const digests = fc.oneof(seed32, fc.constantFrom("00".repeat(32), "ff".repeat(32), ORDER).map(fromHex));
    fc.assert(
      fc.property(seed32, digests, (seed, digest) => {
        const { crypto, privateKeys } = watchedCrypto();
        const key = crypto.keyFromSeed(crypto.importSecret(seed));
        expect(key.publicKey[0]).toBe(4);
        const signature = key.signDigest(digest);
        expect(toHex(signature)).toBe(toHex(p256.sign(digest, privateKeys[0] ?? empty, RAW)));
        expect(crypto.verifyP256(key.publicKey, digest, signature)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("gives the signatures of RFC 6979, appendix A.2.5, with SHA-256", () => {
    const privateKey = fromHex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    for (const [message, k, signature] of [
      [
        "sample",
        "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60",
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
          "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
      ],
      [
        "test",
        "d16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0",
        "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367" +
          "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
      ],
    ] as const) {
      const digest = sha256(new Uint8Array(Buffer.from(message)));
      const nonce = scalarFromSeed(hostIdentityPrimitives.hmacSha256, 32, privateKey, reduceDigest(digest));
      expect(toHex(nonce)).toBe(k);
      expect(toHex(hostIdentityPrimitives.p256SignWithNonce(privateKey, nonce, digest))).toBe(signature);
    }
  });

  it("takes 32 bytes only", () => {
    const crypto = hostIdentityCrypto();
    const key = crypto.keyFromSeed(crypto.importSecret(new Uint8Array(32).fill(1)));
    expect(() => key.signDigest(new Uint8Array(64))).toThrow(RangeError);
  });
});

describe("scalarFromSeed", () => {
  /** An HMAC whose outputs are scripted. */
  function scripted(outputs: readonly string[]) {
    let calls = 0;
    return (): Uint8Array => fromHex(outputs[calls++] ?? "00".repeat(32));
  }
  /** Key, value, key, value: what instantiating takes before the first candidate. */
  const setUp = ["11", "22", "33", "44"].map((byte) => byte.repeat(32));
  const belowOrder = `${ORDER.slice(0, -2)}50`;

  it.each([
    ["n - 1", belowOrder],
    ["1", `${"00".repeat(31)}01`],
  ])("takes %s", (_name, value) => {
    expect(toHex(scalarFromSeed(scripted([...setUp, value]), 32, empty))).toBe(value);
  });

  it.each([
    ["n", ORDER],
    ["0", "00".repeat(32)],
    ["2^256 - 1", "ff".repeat(32)],
  ])("passes over %s to the next value", (_name, value) => {
    // A refused candidate is followed by a new key and a new value before the next one.
    const outputs = [...setUp, value, "55".repeat(32), "66".repeat(32), belowOrder];
    expect(toHex(scalarFromSeed(scripted(outputs), 32, empty))).toBe(belowOrder);
  });

  it("gives up on a hash that never gives a value in range", () => {
    const broken = (): Uint8Array => new Uint8Array(32).fill(0xff);
    expect(() => scalarFromSeed(broken, 32, empty)).toThrow(expect.objectContaining({ code: "derivation" }));
  });
});

describe("reduceDigest", () => {
  it.each([
    [belowOrderText(), belowOrderText()],
    [ORDER, "00".repeat(32)],
    ["ff".repeat(32), "00000000ffffffff00000000000000004319055258e8617b0c46353d039cdaae"],
  ])("of %s is %s", (digest, reduced) => expect(toHex(reduceDigest(fromHex(digest)))).toBe(reduced));

  function belowOrderText(): string {
    return `${ORDER.slice(0, -2)}50`;
  }
});

describe("a secret", () => {
  const bytes = (): Uint8Array => new Uint8Array(createHash("sha256").update("secret").digest());

  it("is taken out of the array that held it", () => {
    const source = bytes();
    hostIdentityCrypto().importSecret(source);
    expect(source.every((byte) => byte === 0)).toBe(true);
  });

  it("has 32 bytes", () => {
    expect(() => hostIdentityCrypto().importSecret(new Uint8Array(31))).toThrow(RangeError);
  });

  it("shows nothing of itself, as text, as JSON, or by its properties", () => {
    const secret = hostIdentityCrypto().importSecret(bytes());
    const shown = [
      String(secret),
      JSON.stringify(secret),
      ...Object.values(secret).map(String),
      Object.keys(secret).join(),
    ];
    expect(shown.join()).not.toContain(toHex(bytes()).slice(0, 8));
    expect(Object.keys(secret)).toEqual([]);
  });

  it("is of no use once destroyed, nor is a key", () => {
    const crypto = hostIdentityCrypto();
    const secret = crypto.importSecret(bytes());
    const key = crypto.keyFromSeed(secret);
    const sealing = new SoftwareSealingCrypto(hostSealingPrimitives);
    const unused = crypto.keyFromSeed(secret);
    const known = crypto.keyFromSeed(secret, key.publicKey);
    secret.destroy();
    secret.destroy();
    for (const destroyedKey of [key, unused, known]) destroyedKey.destroy();
    const destroyed = expect.objectContaining({ code: "secret-destroyed" });
    expect(() => crypto.deriveSecret(secret, empty, empty)).toThrow(destroyed);
    expect(() => crypto.keyFromSeed(secret)).toThrow(destroyed);
    expect(() => key.signDigest(bytes())).toThrow(destroyed);
    expect(key.publicKey.length).toBe(65);
    expect(known.publicKey).toEqual(key.publicKey);
    expect(() => unused.publicKey).toThrow(destroyed);
    expect(() => sealing.sealWith(secret, empty, empty, empty)).toThrow(destroyed);
    expect(() => sealing.openWith(secret, empty, empty, new Uint8Array(16))).toThrow(destroyed);
  });

  it("is refused by name when it is somebody else's", () => {
    const forged = { destroy: () => undefined };
    expect(() => hostIdentityCrypto().keyFromSeed(forged)).toThrow(expect.objectContaining({ code: "secret-foreign" }));
  });

  it("comes out of the first stage's crypto only, and once", () => {
    expect("moveOut" in hostIdentityCrypto()).toBe(false);
    const first = new FirstStageCrypto(hostIdentityPrimitives);
    const secret = first.importSecret(bytes());
    expect(toHex(first.moveOut(secret))).toBe(toHex(bytes()));
    expect(() => first.moveOut(secret)).toThrow(IdentityError);
  });
});
