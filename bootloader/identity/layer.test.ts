/** What changes a layer's keys and sealed secrets and what does not, and what a closed layer still does. */
import { describe, expect, it } from "vitest";
import { hostIdentityCrypto, hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import type { CborMap } from "../../protocol/cbor/values.ts";
import { certifiedInputs, type DiceInputs } from "../../protocol/dice/inputs.ts";
import { componentOf } from "../../protocol/eat/software-component.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import { type LayerMeasurement, layerInputs } from "./inputs.ts";
import { DiceLayer } from "./layer.ts";
import { FirstStageCrypto, SoftwareIdentityCrypto } from "./software-crypto.ts";

const crypto = hostIdentityCrypto();

function bytes(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

function rootLayer(fill = 1): DiceLayer {
  const secret = crypto.importSecret(bytes(32, fill));
  return new DiceLayer(crypto, secret, secret);
}

const plain: DiceInputs = {
  codeHash: bytes(64, 1),
  configuration: { kind: "inline", value: bytes(64, 2) },
  authorityHash: bytes(64, 3),
  mode: "normal",
  hidden: bytes(64, 4),
};

/** Attestation key and sealing secret of the layer that inputs make, as text. */
function fingerprint(inputs: DiceInputs, root = rootLayer()): { attest: string; seal: string } {
  const layer = root.next(inputs);
  return {
    attest: toHex(layer.key.publicKey),
    seal: toHex(crypto.keyFromSeed(layer.sealingSecret("data")).publicKey),
  };
}

describe("DiceLayer", () => {
  const base = fingerprint(plain);

  const changes: readonly [name: string, change: Partial<DiceInputs>, changesSealing: boolean][] = [
    ["code", { codeHash: bytes(64, 9) }, false],
    ["configuration", { configuration: { kind: "inline", value: bytes(64, 9) } }, false],
    ["authority", { authorityHash: bytes(64, 9) }, true],
    ["mode", { mode: "debug" }, true],
    ["hidden input", { hidden: bytes(64, 9) }, true],
  ];
  it.each(changes)("%s changes keys, and sealed secrets only when it is stable", (_name, change, changesSealing) => {
    const changed = fingerprint({ ...plain, ...change });
    expect(changed.attest).not.toBe(base.attest);
    expect(changed.seal !== base.seal).toBe(changesSealing);
  });

  it("of another device has other keys and secrets", () => {
    const other = fingerprint(plain, rootLayer(2));
    expect(other.attest).not.toBe(base.attest);
    expect(other.seal).not.toBe(base.seal);
  });

  it("is the same at every boot", () => expect(fingerprint(plain)).toEqual(base));

  it("keeps its purposes apart", () => {
    const layer = rootLayer();
    const keys = [layer.key, layer.signingKey("a"), layer.signingKey("b")].map(({ publicKey }) => toHex(publicKey));
    expect(new Set(keys).size).toBe(3);
    expect(() => layer.signingKey("Key Pair")).toThrow(RangeError);
  });

  it("does nothing once closed, while what it derived lives on", () => {
    const layer = rootLayer();
    const { key } = layer;
    const derived = layer.signingKey("evidence");
    const above = layer.next(plain);
    layer.close();
    layer.close();
    const destroyed = expect.objectContaining({ code: "secret-destroyed" });
    expect(() => layer.next(plain)).toThrow(destroyed);
    expect(() => layer.signingKey("a")).toThrow(destroyed);
    expect(() => layer.sealingSecret("a")).toThrow(destroyed);
    expect(() => key.signDigest(bytes(32, 0))).toThrow(destroyed);
    expect(derived.signDigest(bytes(32, 0)).length).toBe(64);
    expect(toHex(above.key.publicKey)).toBe(base.attest);
  });

  it("moves to the next stage as two secrets, which make the same layer there", () => {
    const first = new FirstStageCrypto(hostIdentityPrimitives);
    const secret = first.importSecret(bytes(32, 1));
    const layer = new DiceLayer(first, secret, secret).next(plain);
    const { attestation, sealing, publicKey } = layer.moveOut(first);
    expect(() => layer.key.signDigest(bytes(32, 0))).toThrow(expect.objectContaining({ code: "secret-destroyed" }));
    const moved = new DiceLayer(crypto, crypto.importSecret(attestation), crypto.importSecret(sealing));
    expect(toHex(moved.key.publicKey)).toBe(base.attest);
    expect(toHex(publicKey)).toBe(base.attest);
    expect(toHex(crypto.keyFromSeed(moved.sealingSecret("data")).publicKey)).toBe(base.seal);
  });

  it("takes a public key that is handed over for the key's, and derives the same private half", () => {
    let multiplications = 0;
    const counting = new SoftwareIdentityCrypto({
      ...hostIdentityPrimitives,
      p256PublicKey(privateKey) {
        multiplications++;
        return hostIdentityPrimitives.p256PublicKey(privateKey);
      },
    });
    const secret = counting.importSecret(bytes(32, 1));
    const known = rootLayer().key.publicKey;
    const { key } = new DiceLayer(counting, secret, secret, known);
    expect(key.publicKey).toEqual(known);
    expect(crypto.verifyP256(known, bytes(32, 5), key.signDigest(bytes(32, 5)))).toBe(true);
    expect(multiplications).toBe(0);
  });

  it.each<[string, Partial<DiceInputs>]>([
    ["a short code hash", { codeHash: bytes(32, 1) }],
    ["a long inline configuration", { configuration: { kind: "inline", value: bytes(65, 1) } }],
    ["an empty descriptor", { configuration: { kind: "descriptor", descriptor: bytes(0, 0) } }],
    ["an empty code descriptor", { codeDescriptor: bytes(0, 0) }],
    ["a short authority hash", { authorityHash: bytes(63, 1) }],
    ["a short hidden input", { hidden: bytes(0, 0) }],
    ["an unknown mode", { mode: "open" as never }],
  ])("refuses %s", (_name, change) => {
    expect(() => rootLayer().next({ ...plain, ...change })).toThrow(expect.objectContaining({ code: "input" }));
  });
});

describe("layerInputs", () => {
  const measurement: LayerMeasurement = {
    component: { type: "root-of-trust", value: bytes(32, 1), version: "1.2.3+4", signer: bytes(32, 2) },
    securityCounter: 7,
    lifecycle: "secured",
    authorities: [bytes(32, 3), bytes(32, 2)],
  };
  const inputs = layerInputs(measurement, crypto.sha512);

  it("shows in a certificate what was measured", () => {
    const certified = certifiedInputs(inputs, crypto.sha512);
    expect(componentOf(decodeCbor(certified.codeDescriptor ?? bytes(0, 0)))).toEqual(measurement.component);
    expect(certified.codeHash).toEqual(crypto.sha512(certified.codeDescriptor ?? bytes(0, 0)));
    expect(certified.configurationHash).toEqual(crypto.sha512(certified.configurationDescriptor));
    const descriptor = decodeCbor(certified.configurationDescriptor) as CborMap;
    expect(descriptor.entries).toEqual([
      [2395, 0x3000],
      [-70002, "root-of-trust"],
      [-70005, 7],
    ]);
    expect(certified.mode).toBe("normal");
  });

  it("does not depend on the order of the authorities, nor sorts the caller's list", () => {
    const authorities = [bytes(32, 2), bytes(32, 3)];
    expect(layerInputs({ ...measurement, authorities }, crypto.sha512)).toEqual(inputs);
    expect(measurement.authorities[0]).toEqual(bytes(32, 3));
  });

  it.each<[string, Partial<LayerMeasurement>, boolean]>([
    ["another image", { component: { ...measurement.component, value: bytes(32, 9) } }, false],
    ["another counter", { securityCounter: 8 }, false],
    ["another signer of the same set", { component: { ...measurement.component, signer: bytes(32, 9) } }, false],
    ["a key more in the set", { authorities: [...measurement.authorities, bytes(32, 9)] }, true],
    ["a debug boot", { lifecycle: "debug" }, true],
  ])("%s makes another layer; sealed data stays unless authority or mode changed", (_name, change, changesSealing) => {
    const base = fingerprint(inputs);
    const changed = fingerprint(layerInputs({ ...measurement, ...change }, crypto.sha512));
    expect(changed.attest).not.toBe(base.attest);
    expect(changed.seal !== base.seal).toBe(changesSealing);
  });
});
