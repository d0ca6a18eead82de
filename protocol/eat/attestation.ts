/** The verifier's side in one function: from a device's identity key, its certificates and its evidence to claims that hold. */
import { encodeCbor } from "../cbor/encode.ts";
import { HOLDFAST_DICE_PROFILE } from "../dice/certificate.ts";
import { verifyChain } from "../dice/chain.ts";
import { DiceError } from "../dice/errors.ts";
import { deviceId, ueidOf } from "../dice/identifiers.ts";
import { equalBytes } from "../image/bytes.ts";
import type { EvidenceClaims } from "./claims.ts";
import { EvidenceError } from "./errors.ts";
import { type EvidenceCrypto, verifyEvidence } from "./evidence-verifier.ts";
import { diceModeOf } from "./lifecycle.ts";
import { componentMap } from "./software-component.ts";

/** What a device sends. */
export interface Attestation {
  /** CBOR certificates: one or more layers, then the evidence key. */
  readonly certificates: readonly Uint8Array[];
  readonly evidence: Uint8Array;
}

/** What the verifier knows before it looks. */
export interface AttestationExpectation {
  /** The identity key by which the device is enrolled, 65 bytes. Never one that came with the evidence. */
  readonly identityKey: Uint8Array;
  /** The nonce that was given out for this attestation. */
  readonly nonce: Uint8Array;
  /** Thumbprint (RFC 9679) of the key that is to be certified, 32 bytes; undefined when none is. */
  readonly operationalKey: Uint8Array | undefined;
}

/**
 * Verifies an attestation. It says that the claims are those of this device, now; whether its software and lifecycle are good
 * enough is for a policy to say.
 *
 * Beyond both signatures it ties evidence and certificates together: the first component must be the one that the signing layer's
 * certificate describes, and the lifecycle must fit that certificate's mode, or be worse.
 * @throws CborError, CoseError, DiceError, EvidenceError.
 */
export function verifyAttestation(
  { certificates, evidence }: Attestation,
  expected: AttestationExpectation,
  crypto: EvidenceCrypto,
): EvidenceClaims {
  const { layers, signingKey } = verifyChain(certificates, expected.identityKey, crypto);
  const claims = verifyEvidence(evidence, signingKey, crypto);
  if (!equalBytes(claims.nonce, expected.nonce)) {
    throw new EvidenceError("nonce-mismatch", "the nonce that was given out", "another");
  }
  if (!equalBytes(claims.ueid, ueidOf(deviceId(expected.identityKey, crypto.sha256)))) {
    throw new EvidenceError("device-mismatch", "the UEID of the identity key", "another");
  }
  checkOperationalKey(claims.operationalKey, expected.operationalKey);
  const layer = layers[0];
  // Our devices have one measured layer below the runtime: the root of trust, whose key certifies the evidence key.
  if (layer === undefined || layers.length !== 1 || layer.profileName !== HOLDFAST_DICE_PROFILE) {
    throw new DiceError("chain-length", `one layer of profile ${HOLDFAST_DICE_PROFILE}`, "something else");
  }
  checkComponent(claims, layer.inputs.codeDescriptor);
  // A device that booted in normal mode and was opened since says debug: a claim may be worse than what was measured, never better.
  const wasOpened = claims.lifecycle === "debug" && layer.inputs.mode === "normal";
  if (!wasOpened && layer.inputs.mode !== diceModeOf(claims.lifecycle)) {
    throw new EvidenceError("lifecycle-mismatch", `a lifecycle of mode ${layer.inputs.mode}`, claims.lifecycle);
  }
  return claims;
}

function checkOperationalKey(found: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  const matches = found === undefined || expected === undefined ? found === expected : equalBytes(found, expected);
  if (!matches) {
    const wanted = expected === undefined ? "no operational key" : "the key to be certified";
    throw new EvidenceError("operational-key-mismatch", wanted, found === undefined ? "none" : "another");
  }
}

/** The code descriptor of a layer of ours is the deterministic encoding of its component. */
function checkComponent(claims: EvidenceClaims, descriptor: Uint8Array | undefined): void {
  const first = claims.components[0];
  if (first === undefined || descriptor === undefined || !equalBytes(encodeCbor(componentMap(first)), descriptor)) {
    throw new EvidenceError("component-mismatch", "the certified root of trust as first component", "another");
  }
}
