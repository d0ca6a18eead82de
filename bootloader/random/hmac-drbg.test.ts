/** HMAC_DRBG against NIST's vectors, @noble/curves, and the standard written again over node:crypto. */
import { createHmac } from "node:crypto";
import { createHmacDrbg } from "@noble/curves/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import { HmacDrbg } from "./hmac-drbg.ts";

const { hmacSha256, hmacSha512 } = hostIdentityPrimitives;

/** NIST CAVP, drbgvectors_no_reseed/HMAC_DRBG.rsp, no personalisation and no additional input, COUNT = 0. */
const NIST = [
  {
    hash: "SHA-256",
    mac: hmacSha256,
    hashLength: 32,
    entropy: "ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488",
    nonce: "659ba96c601dc69fc902940805ec0ca8",
    returned:
      "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89d54fbb978a15b5c443c9ec21036d2460" +
      "b6f73ebad0dc2aba6e624abf07745bc107694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668" +
      "961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8",
  },
  {
    hash: "SHA-512",
    mac: hmacSha512,
    hashLength: 64,
    entropy: "35049f389a33c0ecb1293238fd951f8ffd517dfde06041d32945b3e26914ba15",
    nonce: "f7328760be6168e6aa9fb54784989a11",
    returned:
      "e76491b0260aacfded01ad39fbf1a66a88284caa5123368a2ad9330ee48335e3c9c9ba90e6cbc9429962d60c1a6661ed" +
      "cfaa31d972b8264b9d4562cf18494128a092c17a8da6f3113e8a7edfcd4427082bd390675e9662408144971717303d8d" +
      "c352c9e8b95e7f35fa2ac9f549b292bc7c4bc7f01ee0a577859ef6e82d79ef23892d167c140d22aac32b64ccdfeee273" +
      "0528a38763b24227f91ac3ffe47fb11538e435307e77481802b0f613f370ffb0dbeab774fe1efbb1a80d01154a9459e7" +
      "3ad361108bbc86b0914f095136cbe634555ce0bb263618dc5c367291ce0825518987154fe9ecb052b3f0a256fcc30cc1" +
      "4572531c9628973639beda456f2bddf6",
  },
] as const;

function request(generator: HmacDrbg, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  generator.output(bytes);
  generator.update();
  return bytes;
}

/** SP 800-90A, 10.1.2, over whole buffers: key and value after an update, and output. */
class Reference {
  key: Buffer = Buffer.alloc(64);
  value: Buffer = Buffer.alloc(64, 1);

  mac(...parts: Uint8Array[]): Buffer {
    return createHmac("sha512", this.key).update(Buffer.concat(parts)).digest();
  }

  update(provided: Uint8Array): void {
    for (const separator of provided.length > 0 ? [0, 1] : [0]) {
      this.key = this.mac(this.value, Buffer.of(separator), provided);
      this.value = this.mac(this.value);
    }
  }

  request(length: number): string {
    let output = Buffer.alloc(0);
    while (output.length < length) {
      this.value = this.mac(this.value);
      output = Buffer.concat([output, this.value]);
    }
    this.update(Buffer.alloc(0));
    return output.subarray(0, length).toString("hex");
  }
}

describe("HmacDrbg", () => {
  it.each(NIST)("gives NIST's bits with $hash", ({ mac, hashLength, entropy, nonce, returned }) => {
    const generator = new HmacDrbg(mac, hashLength, fromHex(entropy), fromHex(nonce));
    const length = returned.length / 2;
    request(generator, length);
    expect(toHex(request(generator, length))).toBe(returned);
  });

  it("gives what @noble/curves gives, until a caller takes a value", () => {
    const noble = createHmacDrbg<string>(64, 64, (key: Uint8Array, message: Uint8Array) => hmacSha512(key, message));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.integer({ min: 1, max: 5 }), (seed, tries) => {
        let left = tries;
        const expected = noble(seed, (candidate: Uint8Array) => (--left === 0 ? toHex(candidate) : undefined));
        const generator = new HmacDrbg(hmacSha512, 64, seed);
        let found = "";
        for (let count = 0; count < tries; count++) found = toHex(request(generator, 64));
        expect(found).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  it("follows the standard over requests of any length and reseeding in between", () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.uint8Array({ minLength: 1, maxLength: 80 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), steps, (seed, all) => {
        const generator = new HmacDrbg(hmacSha512, 64, seed);
        const reference = new Reference();
        reference.update(seed);
        for (const step of all) {
          if (typeof step === "number") expect(toHex(request(generator, step))).toBe(reference.request(step));
          else {
            generator.update(step);
            reference.update(step);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keeps nothing of an earlier key or value, and nothing at all once destroyed", () => {
    const made: Uint8Array[] = [];
    const mac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
      const result = hmacSha512(key, ...parts);
      made.push(result);
      return result;
    };
    const generator = new HmacDrbg(mac, 64, new Uint8Array(48).fill(7));
    request(generator, 100);
    const alive = made.filter((bytes) => bytes.some((byte) => byte !== 0));
    expect(made.length).toBe(8);
    // The key and the value of now.
    expect(alive.length).toBe(2);
    generator.destroy();
    expect(alive.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });
});
