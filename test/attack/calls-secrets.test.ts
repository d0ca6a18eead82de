/** Attacks 1d and 2a on Node: every call asked for a private key, and for a signature by a key that must not sign. */
import { beforeAll, describe, expect, it } from "vitest";
import { DeviceIdentity } from "../../bootloader/calls/device-identity.ts";
import type { RootServices } from "../../bootloader/calls/services.ts";
import { hostIdentityCrypto, hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { verifyChain } from "../../protocol/dice/chain.ts";
import { verifyAttestation } from "../../protocol/eat/attestation.ts";
import { equalBytes } from "../../protocol/image/bytes.ts";
import type { RootCallName } from "../../protocol/root-calls/calls.ts";
import { type CraftedRequest, craftedRequests, ES256_HEADER, signatureStructure } from "./calls-crafted.ts";
import { CallsDevice } from "./calls-device.ts";

const { sha256, verifyP256 } = hostIdentityPrimitives;
const crypto = hostIdentityCrypto();
const SIGNATURE_LENGTH = 64;

/** The keys whose signatures mean something to others, by name. */
function guardedKeys(device: CallsDevice): ReadonlyMap<string, Uint8Array> {
  const reply = device.reply("identity", {});
  const certificates = decodeCbor(reply.certificates) as Uint8Array[];
  const { layers, signingKey } = verifyChain(certificates, reply.identityKey, crypto);
  return new Map([
    ["identity key", reply.identityKey],
    ["layer key", (layers[0] as { key: Uint8Array }).key],
    ["evidence key", signingKey],
  ]);
}

/** A claim set, a certificate and plain bytes that an attacker would like to have signed. */
function wantedMessages(): Uint8Array[] {
  const claims = signatureStructure(ES256_HEADER, new Uint8Array(90).fill(0xc1));
  const certificate = signatureStructure(ES256_HEADER, new Uint8Array(200).fill(0xce));
  return [claims, certificate, new Uint8Array(48).fill(3), new Uint8Array(64).fill(4)];
}

/** Everything that a signature could be over when the attacker sent `bytes`. */
function digestsOf(bytes: Uint8Array, wanted: readonly Uint8Array[]): Uint8Array[] {
  const digests = [sha256(bytes), ...wanted.map((message) => sha256(message))];
  if (bytes.length === 32) digests.push(bytes, sha256(sha256(bytes)));
  return digests;
}

/**
 * Names of the guarded keys by which bytes of a reply are a signature over what the attacker chose. A signature in COSE or alone is
 * the last 64 bytes of what holds it, so a reply is looked at from both ends.
 */
function signersOf(reply: Uint8Array, digests: readonly Uint8Array[], keys: ReadonlyMap<string, Uint8Array>): string[] {
  const found: string[] = [];
  const last = reply.length - SIGNATURE_LENGTH;
  if (last < 0) return found;
  for (const start of new Set([0, last])) {
    const signature = reply.subarray(start, start + SIGNATURE_LENGTH);
    for (const [name, key] of keys) {
      if (digests.some((digest) => verifyP256(key, digest, signature))) found.push(name);
    }
  }
  return found;
}

function secretsIn(reply: Uint8Array, secrets: ReadonlyMap<string, Uint8Array>): string[] {
  const text = Buffer.from(reply);
  // Half of a secret is as good as lost, too.
  return [...secrets].filter(([, secret]) => text.includes(Buffer.from(secret.subarray(0, 16)))).map(([name]) => name);
}

interface Sweep {
  readonly requests: readonly CraftedRequest[];
  readonly leaks: readonly string[];
  readonly signatures: readonly string[];
}

/** Makes every crafted request, or those of some calls. */
function sweep(device: CallsDevice, only?: readonly RootCallName[]): Sweep {
  const keys = guardedKeys(device);
  // Drawn first, so that the operational key's private half is known before it is looked for.
  device.call("operationalKey", {});
  device.call("seal", { plain: new Uint8Array(1) });
  const wanted = wantedMessages();
  const payloads = [...wanted, ...wanted.map((message) => sha256(message)), new Uint8Array(32)];
  const requests = craftedRequests(payloads).filter(({ name }) => only === undefined || only.includes(name));
  const leaks: string[] = [];
  const signatures: string[] = [];
  const seen = new Set<string>();
  for (const request of requests) {
    const { reply } = device.raw(request.number, request.bytes);
    for (const leak of secretsIn(reply, device.secrets)) leaks.push(`${request.name}: ${leak}`);
    const text = Buffer.from(reply).toString("latin1");
    if (seen.has(text)) continue;
    seen.add(text);
    for (const signer of signersOf(reply, digestsOf(request.bytes, wanted), keys)) {
      signatures.push(`${request.name}: ${signer}`);
    }
  }
  return { requests, leaks, signatures };
}

describe("every call, with every edge of every field", () => {
  let device: CallsDevice;
  let swept: Sweep;

  beforeAll(() => {
    device = new CallsDevice();
    swept = sweep(device);
  }, 120_000);

  it("gives no secret to the runtime", () => {
    expect(device.secrets.size).toBeGreaterThan(8);
    expect(swept.requests.length).toBeGreaterThan(150);
    expect(swept.leaks).toEqual([]);
  });

  it("signs nothing that the runtime chose with identity, layer or evidence key", () => {
    expect(swept.signatures).toEqual([]);
  });

  it("was never the root of trust's own mistake", () => {
    expect(device.mistakes).toEqual([]);
  });
});

describe("the sweep itself", () => {
  /** The real services with one part weakened. */
  function weakened(change: (services: RootServices, device: CallsDevice) => Partial<RootServices>): CallsDevice {
    const device = new CallsDevice();
    device.services = { ...device.services, ...change(device.services, device) };
    return device;
  }

  it("notices a signOperational that signs with the layer's key", () => {
    const device = weakened((services, { attested }) => {
      class Careless extends DeviceIdentity {
        override signOperational(digest: Uint8Array): Uint8Array {
          return attested.identity.layer.key.signDigest(digest);
        }
      }
      return { ...services, identity: new Careless(attested) };
    });
    expect(sweep(device, ["signOperational"]).signatures).toContain("signOperational: layer key");
  });

  it("notices a random source that gives a secret away", () => {
    const device = weakened((_services, { secrets }) => ({
      random: { fill: (target) => target.set([...secrets.values()][0]?.subarray(0, target.length) ?? []) },
    }));
    expect(sweep(device, ["random"]).leaks.join()).toContain("random: secret");
  });
});

describe("what a runtime may have", () => {
  it("is evidence that verifies, for its own nonce and its operational key only", () => {
    const device = new CallsDevice();
    const identity = device.reply("identity", {});
    const key = device.reply("operationalKey", {});
    const certificates = decodeCbor(identity.certificates) as Uint8Array[];
    for (const length of [32, 48, 64]) {
      const nonce = new Uint8Array(length).fill(length);
      const { evidence } = device.reply("attest", { nonce });
      const operationalKey = keyThumbprint(key.publicKey, sha256);
      const expected = { identityKey: identity.identityKey, nonce, operationalKey };
      const claims = verifyAttestation({ certificates, evidence }, expected, crypto);
      expect(claims.components.map(({ type }) => type)).toEqual(["root-of-trust", "runtime"]);
      const other = { ...expected, nonce: new Uint8Array(length) };
      expect(() => verifyAttestation({ certificates, evidence }, other, crypto)).toThrow("nonce");
    }
  });

  it("is a signature by a key that is neither identity, layer nor evidence key", () => {
    const device = new CallsDevice();
    const digest = new Uint8Array(32).fill(9);
    const { publicKey } = device.reply("operationalKey", {});
    const { signature } = device.reply("signOperational", { digest });
    expect(verifyP256(publicKey, digest, signature)).toBe(true);
    for (const [name, guarded] of guardedKeys(device)) {
      expect(equalBytes(guarded, publicKey), name).toBe(false);
    }
  });

  it.each([0, 31, 33, 47, 49, 63, 65, 2048])("is no evidence for a nonce of %i bytes", (length) => {
    const { status } = new CallsDevice().raw(2, new Uint8Array(length));
    expect(status).not.toBe(0);
  });

  it("is nothing that needs a secret on a device that has none", () => {
    const device = new CallsDevice({ lifecycle: "decommissioned" });
    expect(device.call("identity", {}).status).toBe("identity-missing");
    expect(device.call("attest", { nonce: new Uint8Array(32) }).status).toBe("identity-missing");
    expect(device.call("signOperational", { digest: new Uint8Array(32) }).status).toBe("identity-missing");
    expect(device.call("seal", { plain: new Uint8Array(1) }).status).toBe("identity-missing");
    expect(device.call("state", {}).status).toBe("ok");
  });
});
