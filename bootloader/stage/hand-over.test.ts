import { describe, expect, it } from "vitest";
import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { decodeHandOver, encodeHandOver, HAND_OVER_BYTE_LIMIT, type RootHandOver } from "./hand-over.ts";

const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, index) => (seed + 7 * index) & 0xff);

const BLOCK: RootHandOver = {
  attestation: bytes(32, 1),
  sealing: bytes(32, 2),
  publicKey: bytes(65, 3),
  seed: bytes(64, 4),
  identityKey: bytes(65, 5),
  certificate: bytes(700, 6),
  slot: "b",
  kind: "test",
  isConfirmed: false,
  image: {
    version: { major: 1, minor: 2, revision: 3, build: 4 },
    securityCounter: 5,
    keyEpoch: 6,
    imageByteLength: 350_000,
  },
  digest: bytes(32, 7),
  signer: bytes(32, 8),
  minimumRuntime: undefined,
};

describe("the hand-over from the boot ROM", () => {
  it.each([
    ["a root of trust on test", BLOCK],
    ["a confirmed one", { ...BLOCK, slot: "a", kind: "confirmed", isConfirmed: true } as const],
    ["one that asks for a runtime", { ...BLOCK, minimumRuntime: { major: 9, minor: 0, revision: 0, build: 1 } }],
  ])("arrives as it was sent: %s", (_what, block) => {
    const encoded = encodeHandOver(block);
    expect(encoded.length).toBeLessThan(HAND_OVER_BYTE_LIMIT);
    expect(decodeHandOver(encoded)).toEqual(block);
  });

  it("is refused when it is anything else, without a word of what it held", () => {
    const encoded = encodeHandOver(BLOCK);
    for (const other of [
      new Uint8Array(HAND_OVER_BYTE_LIMIT + 1),
      encodeCbor([1]),
      encodeCbor(new Array(16).fill(0)),
      encodeCbor([2, ...new Array(15).fill(0)]),
      encodeHandOver({ ...BLOCK, attestation: bytes(31, 1) }),
      encodeHandOver({ ...BLOCK, seed: bytes(65, 1) }),
    ])
      expect(() => decodeHandOver(other)).toThrow(/^expected a hand-over block of the boot ROM, found other bytes$/);
    for (let length = 0; length < encoded.length; length += 13) {
      expect(() => decodeHandOver(encoded.slice(0, length))).toThrow();
    }
  });
});
