/** A device's attestation as a verifier sees it: accepted once, and refused for its own reason after each change. */
import { describe, expect, it } from "vitest";
import { hostIdentityCrypto, hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { CborError } from "../../protocol/cbor/errors.ts";
import { CborMap } from "../../protocol/cbor/values.ts";
import { CoseError } from "../../protocol/cose/errors.ts";
import { es256Signer } from "../../protocol/cose/es256.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { signSign1 } from "../../protocol/cose/sign1.ts";
import { DiceError } from "../../protocol/dice/errors.ts";
import { deviceId, keyId } from "../../protocol/dice/identifiers.ts";
import { type Attestation, type AttestationExpectation, verifyAttestation } from "../../protocol/eat/attestation.ts";
import { encodeClaims } from "../../protocol/eat/claims.ts";
import { EvidenceError } from "../../protocol/eat/errors.ts";
import { signEvidence } from "../../protocol/eat/evidence.ts";
import type { SecurityLifecycle } from "../../protocol/eat/lifecycle.ts";
import { Attester, enterRootOfTrust, implementationId } from "./attestation.ts";
import { certifyLayer, certifySigningKey } from "./certificates.ts";
import { layerInputs } from "./inputs.ts";
import { DiceLayer } from "./layer.ts";
import { MeasurementLog } from "./measurements.ts";
import { FirstStageCrypto } from "./software-crypto.ts";

const crypto = hostIdentityCrypto();

function bytes(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

const rootOfTrust = { type: "root-of-trust", value: bytes(32, 1), version: "1.0.0", signer: bytes(32, 2) };
const runtime = { type: "runtime", value: bytes(32, 3), version: "2.0.0", signer: bytes(32, 4) };
const implementation = { board: "virt-a7", vendorId: bytes(16, 1), classId: bytes(16, 2) };
const nonce = bytes(32, 0xa5);
const operationalKey = keyThumbprint(crypto.keyFromSeed(crypto.importSecret(bytes(32, 0x77))).publicKey, crypto.sha256);

interface DeviceOptions {
  readonly secret?: number;
  readonly measured?: typeof rootOfTrust;
  readonly logged?: typeof rootOfTrust;
  readonly lifecycle?: SecurityLifecycle;
  readonly claimed?: SecurityLifecycle;
}

/** A booted device. `measured` and `logged`, and `lifecycle` and `claimed`, differ only on one that lies. */
function boot({ secret = 1, measured = rootOfTrust, logged, lifecycle = "secured", claimed }: DeviceOptions = {}) {
  const deviceSecret = crypto.importSecret(bytes(32, secret));
  const measurement = { component: measured, securityCounter: 3, lifecycle, authorities: [bytes(32, 2), bytes(32, 9)] };
  const identity = enterRootOfTrust(crypto, deviceSecret, measurement);
  const log = new MeasurementLog();
  log.append(logged ?? measured);
  log.append(runtime);
  log.close();
  const attester = new Attester({
    crypto,
    identity,
    log,
    bootSeed: bytes(32, 6),
    lifecycle: claimed ?? lifecycle,
    implementationId: implementationId(implementation, crypto.sha256),
  });
  const attest = (forNonce = nonce, key: Uint8Array | undefined = operationalKey): Attestation => ({
    certificates: attester.certificates(),
    evidence: attester.attest(forNonce, key),
  });
  return { deviceSecret, identity, attester, attest };
}

const device = boot();
const expected: AttestationExpectation = { identityKey: device.identity.identityKey, nonce, operationalKey };

function codeOf(attestation: Attestation, expectation = expected): string {
  try {
    verifyAttestation(attestation, expectation, crypto);
    return "accepted";
  } catch (error) {
    const known = [CborError, CoseError, DiceError, EvidenceError].some((kind) => error instanceof kind);
    if (!known) throw error;
    return (error as { code: string }).code;
  }
}

describe("verifyAttestation", () => {
  it("gives the claims of a device", () => {
    expect(verifyAttestation(device.attest(), expected, crypto)).toEqual({
      nonce,
      ueid: new Uint8Array([1, ...deviceId(device.identity.identityKey, crypto.sha256)]),
      bootSeed: bytes(32, 6),
      lifecycle: "secured",
      implementationId: implementationId(implementation, crypto.sha256),
      components: [rootOfTrust, runtime],
      operationalKey,
    });
  });

  it("takes every lifecycle with its own mode", () => {
    for (const lifecycle of ["assembly-and-test", "provisioning", "secured", "debug", "decommissioned"] as const) {
      const other = boot({ lifecycle });
      // The identity key is the same in every lifecycle; the keys above it are not.
      expect(other.identity.identityKey).toEqual(expected.identityKey);
      expect(verifyAttestation(other.attest(), expected, crypto).lifecycle).toBe(lifecycle);
    }
  });

  it("says debug of a secured device that a capability file opened since it booted", () => {
    const opened = boot();
    opened.attester.claimDebug();
    expect(verifyAttestation(opened.attest(), expected, crypto).lifecycle).toBe("debug");
    const blank = boot({ lifecycle: "assembly-and-test" });
    blank.attester.claimDebug();
    expect(verifyAttestation(blank.attest(), expected, crypto).lifecycle).toBe("assembly-and-test");
  });

  it("takes evidence that vouches for no key, when none is asked for", () => {
    const attestation = { ...device.attest(), evidence: device.attester.attest(nonce) };
    expect(codeOf(attestation, { ...expected, operationalKey: undefined })).toBe("accepted");
    expect(codeOf(attestation)).toBe("operational-key-mismatch");
    expect(codeOf(device.attest(), { ...expected, operationalKey: undefined })).toBe("operational-key-mismatch");
  });

  const refused: readonly [attack: string, attestation: () => Attestation, code: string][] = [
    ["old evidence (1e)", () => device.attest(bytes(32, 0)), "nonce-mismatch"],
    ["evidence for another operational key", () => device.attest(nonce, bytes(32, 1)), "operational-key-mismatch"],
    ["another device's attestation (1a)", () => boot({ secret: 2 }).attest(), "signature"],
    [
      "this device's certificates with another's evidence",
      () => ({ ...device.attest(), evidence: boot({ secret: 2 }).attest().evidence }),
      "signature",
    ],
    [
      "evidence of another root of trust on the same device",
      () => ({
        ...device.attest(),
        evidence: boot({ measured: { ...rootOfTrust, version: "0.9.0" } }).attest().evidence,
      }),
      "signature",
    ],
    [
      "a root of trust that claims to be another",
      () => boot({ logged: { ...rootOfTrust, version: "9.0.0" } }).attest(),
      "component-mismatch",
    ],
    [
      "a debug boot that claims to be secured",
      () => boot({ lifecycle: "debug", claimed: "secured" }).attest(),
      "lifecycle-mismatch",
    ],
    ["a secured boot that claims provisioning", () => boot({ claimed: "provisioning" }).attest(), "lifecycle-mismatch"],
    ["no certificate", () => ({ ...device.attest(), certificates: [] }), "chain-length"],
    [
      "the evidence key's certificate alone",
      () => ({ ...device.attest(), certificates: device.attester.certificates().slice(1) }),
      "chain-length",
    ],
    [
      "certificates in the wrong order",
      () => ({ ...device.attest(), certificates: device.attester.certificates().reverse() }),
      "signature",
    ],
    [
      "a chain that ends in a layer",
      () => {
        const [layer] = device.attester.certificates() as [Uint8Array];
        return { ...device.attest(), certificates: [layer, layer] };
      },
      "signature",
    ],
    [
      "five certificates",
      () => ({ ...device.attest(), certificates: Array<Uint8Array>(5).fill(bytes(9, 0)) }),
      "chain-length",
    ],
    [
      "a certificate of 2 KB",
      () => ({ ...device.attest(), certificates: [bytes(2048, 0), bytes(9, 0)] }),
      "byte-limit",
    ],
    ["evidence of 3 KB", () => ({ ...device.attest(), evidence: bytes(3072, 0) }), "byte-limit"],
  ];
  it.each(refused)("refuses %s", (_attack, attestation, code) => expect(codeOf(attestation())).toBe(code));

  it("refuses what the identity key signs itself, or a layer below a layer signs, as evidence key", () => {
    const secret = crypto.importSecret(bytes(32, 1));
    const identity = new DiceLayer(crypto, secret, secret);
    const measurement = { component: rootOfTrust, securityCounter: 3, lifecycle: "secured" as const, authorities: [] };
    const inputs = layerInputs(measurement, crypto.sha512);
    const layer = identity.next(inputs);
    const key = layer.signingKey("any");
    const layerCertificate = certifyLayer(crypto, identity, layer, { inputs, profileName: "holdfast.1" });
    const { evidence } = device.attest();
    const chain = (...certificates: Uint8Array[]): string => codeOf({ certificates, evidence });
    // Signed by the identity key where the layer must sign.
    expect(chain(layerCertificate, certifySigningKey(crypto, identity, key.publicKey))).toBe("signature");
    // A signing key's certificate where a layer must be.
    const leaf = certifySigningKey(crypto, identity, key.publicKey);
    expect(chain(leaf, leaf)).toBe("chain-usage");
    // A layer where a signing key must be.
    const above = layer.next(inputs);
    const second = certifyLayer(crypto, layer, above, { inputs, profileName: "holdfast.1" });
    expect(chain(layerCertificate, second)).toBe("chain-usage");
  });

  it("refuses two layers, and a layer of another profile, though all signatures hold", () => {
    const secret = crypto.importSecret(bytes(32, 1));
    const identity = new DiceLayer(crypto, secret, secret);
    const measurement = { component: rootOfTrust, securityCounter: 3, lifecycle: "secured" as const, authorities: [] };
    const inputs = layerInputs(measurement, crypto.sha512);
    const claims = verifyAttestation(device.attest(), expected, crypto);
    /** Layers of these profiles on each other, and evidence by a key of the last. */
    const attestation = (...profiles: string[]): Attestation => {
      const certificates: Uint8Array[] = [];
      let layer = identity;
      for (const profileName of profiles) {
        const next = layer.next(inputs);
        certificates.push(certifyLayer(crypto, layer, next, { inputs, profileName }));
        layer = next;
      }
      const key = layer.signingKey("Evidence Key");
      certificates.push(certifySigningKey(crypto, layer, key.publicKey));
      const signer = es256Signer(crypto, (digest) => key.signDigest(digest));
      return { certificates, evidence: signEvidence(claims, key.publicKey, signer, crypto.sha512) };
    };
    expect(codeOf(attestation("holdfast.1"))).toBe("accepted");
    expect(codeOf(attestation("holdfast.1", "holdfast.1"))).toBe("chain-length");
    expect(codeOf(attestation("holdfast.2"))).toBe("chain-length");
    expect(codeOf(attestation(...Array<string>(4).fill("holdfast.1")))).toBe("chain-length");
  });

  it("refuses evidence with another UEID, key identifier or header, though its own evidence key signed it", () => {
    const secret = crypto.importSecret(bytes(32, 1));
    const measurement = { component: rootOfTrust, securityCounter: 3, lifecycle: "secured" as const, authorities: [] };
    const { layer, certificate } = enterRootOfTrust(crypto, secret, measurement);
    const key = layer.signingKey("Evidence Key");
    const certificates = [certificate, certifySigningKey(crypto, layer, key.publicKey)];
    const signer = es256Signer(crypto, (digest) => key.signDigest(digest));
    const claims = verifyAttestation(device.attest(), expected, crypto);
    const codeFor = (evidence: Uint8Array): string => codeOf({ certificates, evidence });
    expect(codeFor(signEvidence(claims, key.publicKey, signer, crypto.sha512))).toBe("accepted");
    const ueid = new Uint8Array(33).fill(1);
    expect(codeFor(signEvidence({ ...claims, ueid }, key.publicKey, signer, crypto.sha512))).toBe("device-mismatch");
    expect(codeFor(signEvidence(claims, layer.key.publicKey, signer, crypto.sha512))).toBe("key-id");
    const payload = encodeClaims(claims);
    expect(codeFor(signSign1({ payload }, signer))).toBe("key-id");
    const id = new CborMap([[4, keyId(key.publicKey, crypto.sha512)]]);
    expect(codeFor(signSign1({ payload, protectedHeader: id }, signer))).toBe("accepted");
    expect(codeFor(signSign1({ payload, unprotectedHeader: id }, signer))).toBe("header-unprotected");
    expect(codeFor(signSign1({ payload, protectedHeader: id, tagged: false }, signer))).toBe("tag");
  });

  it("refuses a changed bit anywhere in certificates and evidence", { timeout: 120_000 }, () => {
    const attestation = device.attest();
    const parts = [...attestation.certificates, attestation.evidence];
    let accepted = 0;
    parts.forEach((part, index) => {
      // One bit of every third byte: all bits would be 14,000 times three verifications of P-256.
      for (let offset = 0; offset < part.length; offset += 3) {
        const changed = part.slice();
        changed[offset] = (changed[offset] as number) ^ (1 << (offset & 7));
        const all = parts.map((other, position) => (position === index ? changed : other));
        const code = codeOf({ certificates: all.slice(0, -1), evidence: all.at(-1) as Uint8Array });
        if (code === "accepted") accepted++;
      }
    });
    expect(accepted).toBe(0);
  });
});

describe("enterRootOfTrust", () => {
  it("destroys the device secret", () => {
    expect(() => crypto.keyFromSeed(device.deviceSecret)).toThrow(
      expect.objectContaining({ code: "secret-destroyed" }),
    );
  });

  it("destroys it also when the measurement cannot be certified", () => {
    const secret = crypto.importSecret(bytes(32, 1));
    const measurement = {
      component: { ...rootOfTrust, type: "" },
      securityCounter: 1,
      lifecycle: "secured" as const,
      authorities: [],
    };
    expect(() => enterRootOfTrust(crypto, secret, measurement)).toThrow(EvidenceError);
    expect(() => crypto.keyFromSeed(secret)).toThrow(expect.objectContaining({ code: "secret-destroyed" }));
  });
});

describe("Attester", () => {
  it("computes each public key once, and none before it is asked for evidence", () => {
    const counts = { publicKeys: 0, signatures: 0 };
    const counting = new FirstStageCrypto({
      ...hostIdentityPrimitives,
      p256PublicKey(privateKey) {
        counts.publicKeys++;
        return hostIdentityPrimitives.p256PublicKey(privateKey);
      },
      p256SignWithNonce(privateKey, k, digest) {
        counts.signatures++;
        return hostIdentityPrimitives.p256SignWithNonce(privateKey, k, digest);
      },
    });
    const secret = counting.importSecret(bytes(32, 1));
    const measurement = { component: rootOfTrust, securityCounter: 3, lifecycle: "secured", authorities: [] } as const;
    const entered = enterRootOfTrust(counting, secret, measurement);
    // The identity key, the layer's key, and the certificate of one by the other.
    expect(counts).toEqual({ publicKeys: 2, signatures: 1 });
    const { attestation, sealing, publicKey } = entered.layer.moveOut(counting);
    const [own, sealed] = [counting.importSecret(attestation), counting.importSecret(sealing)];
    const layer = new DiceLayer(counting, own, sealed, publicKey);
    const log = new MeasurementLog();
    log.append(rootOfTrust);
    const seeds = { bootSeed: bytes(32, 6), implementationId: bytes(32, 7) };
    const identity = { ...entered, layer };
    const attester = new Attester({ crypto: counting, identity, log, lifecycle: "secured", ...seeds });
    expect(counts).toEqual({ publicKeys: 2, signatures: 1 });
    const evidence = attester.attest(nonce);
    // The evidence key and the evidence.
    expect(counts).toEqual({ publicKeys: 3, signatures: 2 });
    const attestationMade = { certificates: attester.certificates(), evidence };
    const asked = { identityKey: entered.identityKey, nonce, operationalKey: undefined };
    expect(codeOf(attestationMade, asked)).toBe("accepted");
    // The evidence key's certificate, once.
    attester.certificates();
    expect(counts).toEqual({ publicKeys: 3, signatures: 3 });
    attester.attest(nonce);
    expect(counts).toEqual({ publicKeys: 3, signatures: 4 });
  });

  it.each([0, 8, 31, 33, 65])("refuses a nonce of %i bytes", (length) => {
    expect(() => device.attester.attest(bytes(length, 0))).toThrow(expect.objectContaining({ code: "nonce" }));
  });

  it("signs nothing once closed", () => {
    const other = boot();
    other.attester.close();
    expect(() => other.attest()).toThrow(expect.objectContaining({ code: "secret-destroyed" }));
    expect(() => other.attester.attest(nonce)).toThrow(expect.objectContaining({ code: "secret-destroyed" }));
    const used = boot();
    used.attest();
    used.attester.close();
    used.attester.close();
    expect(() => used.attest()).toThrow(expect.objectContaining({ code: "secret-destroyed" }));
  });

  it("gives copies: what a caller does to certificates or options changes nothing", () => {
    for (const certificate of device.attester.certificates()) certificate.fill(0);
    expect(codeOf(device.attest())).toBe("accepted");
  });

  it("gives evidence below 700 bytes with two components", () => {
    expect(device.attest().evidence.length).toBeLessThan(700);
  });
});
