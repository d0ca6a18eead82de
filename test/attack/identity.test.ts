/**
 * Attacks on the device's identity, on the parts as they run on a device: 1a flash copied to another device, 1e old evidence, 1h a
 * random source that is stuck or biased. Each also succeeds against a weakened twin, so that a test which cannot fail is noticed.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Attester, enterRootOfTrust } from "../../bootloader/identity/attestation.ts";
import { generateDeviceSecret, importDeviceSecret } from "../../bootloader/identity/device-secret.ts";
import { DiceLayer } from "../../bootloader/identity/layer.ts";
import { MeasurementLog } from "../../bootloader/identity/measurements.ts";
import { DeviceSecretStore } from "../../bootloader/lifecycle/device-secret-store.ts";
import { deviceSecretForBoot } from "../../bootloader/lifecycle/lifecycle-boot.ts";
import { HealthTest } from "../../hal/drivers/virtio-rng/health-test.ts";
import { VirtioRng } from "../../hal/drivers/virtio-rng/virtio-rng.ts";
import { hostIdentityCrypto } from "../../host-tools/identity/crypto.ts";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { CborMap, CborTag } from "../../protocol/cbor/values.ts";
import { type Attestation, verifyAttestation } from "../../protocol/eat/attestation.ts";
import { decodeClaims } from "../../protocol/eat/claims-reader.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import { chipArea } from "../powerfail/chip-area.ts";
import { NorChip } from "../powerfail/nor-chip.ts";
import { SimulatedClock } from "../simulation/simulated-clock.ts";
import { SimulatedDmaMemory, SimulatedVirtioRng } from "../simulation/simulated-virtio.ts";

const crypto = hostIdentityCrypto();
const NONCE_CLAIM = 10;

/** Bytes that look random, the same in every run. */
function noise(label: string, length = 32): Uint8Array {
  return new Uint8Array(createHash("shake256", { outputLength: length }).update(label).digest());
}

/** What a device measures at its boot; all that flash holds of a device goes into it. */
const component = { type: "root-of-trust", value: noise("image"), version: "1.0.0", signer: noise("key") };
const measurement = { component, securityCounter: 1, lifecycle: "secured", authorities: [noise("key")] } as const;

/** A device that booted with this secret and the same flash as every other. */
function boot(secret: Uint8Array) {
  const identity = enterRootOfTrust(crypto, importDeviceSecret(crypto, secret.slice()), measurement);
  const log = new MeasurementLog();
  log.append(component);
  const attester = new Attester({
    ...{ crypto, identity, log, lifecycle: "secured", bootSeed: noise("boot"), implementationId: noise("board") },
  });
  const attest = (nonce: Uint8Array): Attestation => ({
    certificates: attester.certificates(),
    evidence: attester.attest(nonce),
  });
  return { identityKey: identity.identityKey, layer: identity.layer, attest };
}

/** What a verifier says that knows the device's key and asked with this nonce. */
function verdict(attestation: Attestation, identityKey: Uint8Array, nonce: Uint8Array): string {
  try {
    verifyAttestation(attestation, { identityKey, nonce, operationalKey: undefined }, crypto);
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** The four parts of a message, of which the third is the payload. */
function partsOf(evidence: Uint8Array): { readonly parts: Uint8Array[]; readonly payload: CborMap } {
  const message = decodeCbor(evidence, { tags: [18] });
  const parts = (message as CborTag).value as Uint8Array[];
  return { parts, payload: decodeCbor(parts[2] as Uint8Array) as CborMap };
}

describe("1a: the flash of device A copied to B", () => {
  const a = boot(noise("secret of A"));
  const b = boot(noise("secret of B"));
  const nonce = noise("asked");

  it("does not let B attest as A", () => {
    expect(verdict(b.attest(nonce), a.identityKey, nonce)).toBe("signature");
    const mixed = { certificates: a.attest(nonce).certificates, evidence: b.attest(nonce).evidence };
    expect(verdict(mixed, a.identityKey, nonce)).toBe("signature");
  });

  it("would, if the device secret were in that flash", () => {
    expect(verdict(boot(noise("secret of A")).attest(nonce), a.identityKey, nonce)).toBe("accepted");
  });
});

describe("1e: old evidence for a new nonce", () => {
  const device = boot(noise("secret of A"));
  const recorded = device.attest(noise("first"));
  const asked = noise("second");

  it("is refused as it was recorded", () => {
    expect(verdict(recorded, device.identityKey, noise("first"))).toBe("accepted");
    expect(verdict(recorded, device.identityKey, asked)).toBe("nonce-mismatch");
  });

  it("is refused with the new nonce put in", () => {
    const { parts, payload } = partsOf(recorded.evidence);
    const entries = payload.entries.map(([label, value]) => [label, label === NONCE_CLAIM ? asked : value] as const);
    const changed = [parts[0], parts[1], encodeCbor(new CborMap(entries)), parts[3]] as Uint8Array[];
    const evidence = encodeCbor(new CborTag(18, changed));
    expect(decodeClaims(changed[2] as Uint8Array).nonce).toEqual(asked);
    expect(verdict({ ...recorded, evidence }, device.identityKey, asked)).toBe("signature");
  });

  it("is refused with the certificates of a later boot, and later evidence with the recorded ones is not stale", () => {
    const later = boot(noise("secret of A"));
    expect(verdict({ ...later.attest(asked), evidence: recorded.evidence }, device.identityKey, asked)).toBe(
      "nonce-mismatch",
    );
    expect(verdict({ ...recorded, evidence: later.attest(asked).evidence }, device.identityKey, asked)).toBe(
      "accepted",
    );
  });

  it("passes a verifier that takes the nonce from the evidence", () => {
    const { nonce } = decodeClaims(partsOf(recorded.evidence).parts[2] as Uint8Array);
    expect(verdict(recorded, device.identityKey, nonce)).toBe("accepted");
  });
});

describe("1h: a random source that is stuck or biased", () => {
  /** Empty flash for a device secret, and a device whose random source gives these bytes. */
  function blankDevice(byteAt: (position: number) => number) {
    const store = new DeviceSecretStore(chipArea(new NorChip({ unit: 8, blocks: [2048] }, 1), 0, 1));
    const memory = new SimulatedDmaMemory();
    const registers = new SimulatedVirtioRng(memory, 2);
    let position = 0;
    registers.nextByte = () => byteAt(position++);
    return { store, open: () => new VirtioRng({ registers, memory, clock: new SimulatedClock({ step: 1 }) }) };
  }

  /** The key generation of the boot ROM. */
  function firstBoot({ store, open }: ReturnType<typeof blankDevice>): string {
    try {
      const made = deviceSecretForBoot(store, "blank", () =>
        generateDeviceSecret({ random: open(), test: new HealthTest(), crypto }),
      );
      return made === undefined ? "none" : toHex(made);
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  const sound = noise("source", 8192);
  const at = (position: number): number => sound[position % sound.length] as number;
  /** The driver tests the first 1,024 bytes by itself; what comes later is what the secret would be made of. */
  const LATER = 1024;
  const sources: readonly [name: string, byteAt: (position: number) => number][] = [
    ["stuck at 0", () => 0],
    ["stuck at 255", () => 0xff],
    ["stuck once it has passed its start-up test", (position) => (position < LATER ? at(position) : 0x5a)],
    ["one bit that toggles", (position) => position & 1],
    ["one value every eighth time", (position) => (position % 8 === 1 ? 0 : at(position))],
    ["eight values only", (position) => at(position) & 0xe0],
    ["a block of 64 bytes again and again", (position) => at(position & 63)],
    [
      "the same block twice, later",
      (position) => at(position >= LATER + 1216 && position < LATER + 1232 ? position - 1216 : position),
    ],
  ];

  it.each(sources)("%s makes no key, and the device stays blank", (_name, byteAt) => {
    const device = blankDevice(byteAt);
    expect(firstBoot(device)).toMatch(/^(?:random-failed|random-unhealthy|unhealthy)$/);
    expect(device.store.state()).toBe("blank");
  });

  it("none of these is refused for being a test: a sound source makes a key", () => {
    const device = blankDevice(at);
    expect(firstBoot(device)).toMatch(/^[0-9a-f]{64}$/);
    expect(device.store.state()).toBe("present");
  });

  /** The same first boot with key generation that tests nothing: the secret is a hash of whatever comes. */
  function untestedBoot(byteAt: (position: number) => number): Uint8Array {
    const { store } = blankDevice(byteAt);
    const secret = deviceSecretForBoot(store, "blank", () =>
      crypto.sha256(Uint8Array.from({ length: 256 }, (_, position) => byteAt(LATER + position))),
    );
    expect(store.state()).toBe("present");
    return secret ?? new Uint8Array(0);
  }

  it.each(sources)("%s makes a key, if nothing tests the source", (_name, byteAt) => {
    expect(untestedBoot(byteAt).length).toBe(32);
  });

  it("two devices whose sources stick are then the same device", () => {
    const stuckAfter = (label: string) => {
      const start = noise(label, LATER);
      return (position: number): number => (position < LATER ? (start[position] as number) : 0x5a);
    };
    const keys = ["A", "B"].map((label) => toHex(boot(untestedBoot(stuckAfter(label))).identityKey));
    expect(keys[0]).toBe(keys[1]);
    for (const label of ["A", "B"]) expect(firstBoot(blankDevice(stuckAfter(label)))).toBe("random-failed");
  });

  it("a layer of the device cannot exist before its secret does", () => {
    const erased = importDeviceSecretCode(new Uint8Array(32).fill(0xff));
    expect([erased, importDeviceSecretCode(new Uint8Array(32))]).toEqual(["device-secret", "device-secret"]);
    // The weakened twin: without that check every erased device is the same one.
    const secretOf = () => crypto.importSecret(new Uint8Array(32).fill(0xff));
    const [one, two] = [secretOf(), secretOf()].map((secret) => new DiceLayer(crypto, secret, secret).key.publicKey);
    expect(one).toEqual(two);
  });
});

function importDeviceSecretCode(bytes: Uint8Array): string {
  try {
    importDeviceSecret(crypto, bytes);
    return "taken";
  } catch (error) {
    return (error as { code: string }).code;
  }
}
