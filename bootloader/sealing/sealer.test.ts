/** What is sealed opens on the same device for the same purpose and authority, and nowhere else. */
import { createDecipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostIdentityCrypto, hostIdentityPrimitives, hostSealingPrimitives } from "../../host-tools/identity/crypto.ts";
import type { DiceInputs } from "../../protocol/dice/inputs.ts";
import type { SecurityLifecycle } from "../../protocol/eat/lifecycle.ts";
import { layerInputs } from "../identity/inputs.ts";
import { DiceLayer } from "../identity/layer.ts";
import { FirstStageCrypto, SoftwareSealingCrypto } from "../identity/software-crypto.ts";
import { RUNTIME_DATA, SEAL_ASSOCIATED_LIMIT, SEAL_DATA_LIMIT, SEAL_OVERHEAD, Sealer } from "./sealer.ts";

const crypto = hostIdentityCrypto();
const sealing = new SoftwareSealingCrypto(hostSealingPrimitives);
const random = { fill: (bytes: Uint8Array): void => void bytes.set(randomBytes(bytes.length)) };
const empty = new Uint8Array(0);
const data = new Uint8Array(Buffer.from("the key of a network"));
const associated = new Uint8Array(Buffer.from("who asked"));

interface Device {
  readonly secret?: number;
  readonly version?: string;
  readonly authority?: number;
  readonly lifecycle?: SecurityLifecycle;
  readonly purpose?: string;
}

function inputsOf({ version = "1.0.0", authority = 2, lifecycle = "secured" }: Device): DiceInputs {
  const key = new Uint8Array(32).fill(authority);
  const component = { type: "root-of-trust", value: new Uint8Array(32).fill(1), version, signer: key };
  return layerInputs({ component, securityCounter: 1, lifecycle, authorities: [key] }, crypto.sha512);
}

/** The sealer of a device that booted. */
function sealerOf(device: Device = {}): Sealer {
  const secret = crypto.importSecret(new Uint8Array(32).fill(device.secret ?? 1));
  const layer = new DiceLayer(crypto, secret, secret).next(inputsOf(device));
  return new Sealer(sealing, layer.sealingSecret(device.purpose ?? RUNTIME_DATA), random);
}

function codeOf(sealed: Uint8Array, more = associated, device: Device = {}): string {
  try {
    sealerOf(device).unseal(sealed, more);
    return "opened";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("Sealer", () => {
  it("opens what it sealed, at another boot too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 64 }), (plain, more) => {
        const sealed = sealerOf().seal(plain, more);
        expect(sealed.length).toBe(plain.length + SEAL_OVERHEAD);
        expect(sealerOf().unseal(sealed, more)).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });

  it("opens it after an update by the same authority", () => {
    expect(sealerOf({ version: "2.0.0" }).unseal(sealerOf().seal(data, associated), associated)).toEqual(data);
  });

  it("seals nothing the same way twice, and shows nothing of it", () => {
    const sealer = sealerOf();
    const sealed = [sealer.seal(data, associated), sealer.seal(data, associated)].map((bytes) => Buffer.from(bytes));
    expect(sealed[0]?.equals(sealed[1] as Buffer)).toBe(false);
    expect(sealed[0]?.includes(Buffer.from(data))).toBe(false);
    expect(sealed[0]?.includes(Buffer.from(associated))).toBe(false);
  });

  it("is version, nonce, ChaCha20-Poly1305 over version and associated bytes", () => {
    const secret = new Uint8Array(32).fill(9);
    const sealed = new Sealer(sealing, crypto.importSecret(secret.slice()), random).seal(data, associated);
    expect(sealed[0]).toBe(1);
    const cipher = createDecipheriv("chacha20-poly1305", secret, sealed.subarray(1, 13), { authTagLength: 16 });
    cipher.setAAD(Buffer.concat([Buffer.of(1), associated]), { plaintextLength: data.length });
    cipher.setAuthTag(sealed.subarray(-16));
    expect(new Uint8Array(Buffer.concat([cipher.update(sealed.subarray(13, -16)), cipher.final()]))).toEqual(data);
  });

  it("refuses a change of any byte", () => {
    const sealed = sealerOf().seal(data, associated);
    for (let index = 0; index < sealed.length; index++) {
      for (const bit of [0x01, 0x80]) {
        const changed = sealed.slice();
        changed[index] = (changed[index] as number) ^ bit;
        expect(codeOf(changed)).toBe(index === 0 ? "format" : "not-authentic");
      }
    }
    expect(codeOf(sealed)).toBe("opened");
  });

  it("refuses any other length", () => {
    const sealed = sealerOf().seal(data, associated);
    for (let length = 0; length < sealed.length; length++) {
      expect(codeOf(sealed.subarray(0, length))).toBe(length < SEAL_OVERHEAD ? "format" : "not-authentic");
    }
    expect(codeOf(Uint8Array.from([...sealed, 0]))).toBe("not-authentic");
    expect(codeOf(new Uint8Array(SEAL_OVERHEAD + SEAL_DATA_LIMIT + 1).fill(1))).toBe("format");
  });

  it("opens nothing that it did not seal", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(codeOf(bytes)).toMatch(/^(?:format|not-authentic)$/);
      }),
    );
  });

  const elsewhere: readonly [where: string, device: Device][] = [
    ["another device", { secret: 2 }],
    ["the same device in a debug boot", { lifecycle: "debug" }],
    ["a root of trust of another authority", { authority: 3 }],
    ["another purpose", { purpose: "Another Purpose" }],
  ];
  it.each(elsewhere)("does not open on %s, nor does theirs here", (_where, device) => {
    expect(codeOf(sealerOf().seal(data, associated), associated, device)).toBe("not-authentic");
    expect(codeOf(sealerOf(device).seal(data, associated))).toBe("not-authentic");
    // The weakened twin: the same text opens where it was sealed.
    expect(codeOf(sealerOf(device).seal(data, associated), associated, device)).toBe("opened");
  });

  it("does not open with other associated bytes, nor when data and associated bytes trade places", () => {
    const sealed = sealerOf().seal(data, associated);
    for (const more of [empty, data, associated.subarray(1), Uint8Array.from([...associated, 0])]) {
      expect(codeOf(sealed, more)).toBe("not-authentic");
    }
  });

  it("keeps its limits, both ways", () => {
    const sealer = sealerOf();
    const most = sealer.seal(new Uint8Array(SEAL_DATA_LIMIT), new Uint8Array(SEAL_ASSOCIATED_LIMIT));
    expect(codeOf(most, new Uint8Array(SEAL_ASSOCIATED_LIMIT))).toBe("opened");
    const limit = expect.objectContaining({ code: "data-limit" });
    expect(() => sealer.seal(new Uint8Array(SEAL_DATA_LIMIT + 1), empty)).toThrow(limit);
    expect(() => sealer.seal(empty, new Uint8Array(SEAL_ASSOCIATED_LIMIT + 1))).toThrow(limit);
    expect(codeOf(most, new Uint8Array(SEAL_ASSOCIATED_LIMIT + 1))).toBe("data-limit");
  });

  it("seals nothing without random bytes", () => {
    const failing = {
      fill(): void {
        throw new Error("unhealthy");
      },
    };
    const sealer = new Sealer(sealing, crypto.importSecret(new Uint8Array(32).fill(9)), failing);
    expect(() => sealer.seal(data, associated)).toThrow("unhealthy");
  });

  it("does nothing once closed", () => {
    const sealer = sealerOf();
    const sealed = sealer.seal(data, associated);
    sealer.close();
    const destroyed = expect.objectContaining({ code: "secret-destroyed" });
    expect(() => sealer.seal(data, associated)).toThrow(destroyed);
    expect(() => sealer.unseal(sealed, associated)).toThrow(destroyed);
  });

  it("has the same key on both sides of the hand-over from the first stage", () => {
    const first = new FirstStageCrypto(hostIdentityPrimitives);
    const secret = first.importSecret(new Uint8Array(32).fill(1));
    const moved = new DiceLayer(first, secret, secret).next(inputsOf({})).moveOut(first);
    const layer = new DiceLayer(crypto, crypto.importSecret(moved.attestation), crypto.importSecret(moved.sealing));
    const sealed = new Sealer(sealing, layer.sealingSecret(RUNTIME_DATA), random).seal(data, associated);
    expect(codeOf(sealed)).toBe("opened");
  });
});
