/** Verifies evidence by a key: for verifiers, which no device is. */
import { type Es256Crypto, es256Verifier } from "../cose/es256.ts";
import { HEADER_KEY_ID } from "../cose/headers.ts";
import { verifySign1 } from "../cose/sign1.ts";
import { keyId } from "../dice/identifiers.ts";
import type { Sha512 } from "../dice/inputs.ts";
import { equalBytes } from "../image/bytes.ts";
import type { EvidenceClaims } from "./claims.ts";
import { decodeClaims } from "./claims-reader.ts";
import { EvidenceError } from "./errors.ts";

/** Largest evidence in bytes: eight components of the longest texts are below it. */
export const EVIDENCE_BYTE_LIMIT = 2048;

/** The primitives that verifying evidence needs. */
export interface EvidenceCrypto extends Es256Crypto {
  readonly sha512: Sha512;
}

/**
 * Verifies evidence by a key that is known to be a device's evidence key, and reads its claims. Whether they are the ones to
 * expect is for `verifyAttestation`.
 * @throws CborError, CoseError, EvidenceError.
 */
export function verifyEvidence(evidence: Uint8Array, publicKey: Uint8Array, crypto: EvidenceCrypto): EvidenceClaims {
  const { payload, protectedHeader } = verifySign1(evidence, es256Verifier(crypto, publicKey), {
    tag: "required",
    algorithm: "protected",
    allowUnprotected: false,
    byteLength: EVIDENCE_BYTE_LIMIT,
  });
  const id = protectedHeader.get(HEADER_KEY_ID);
  if (!(id instanceof Uint8Array) || !equalBytes(id, keyId(publicKey, crypto.sha512))) {
    throw new EvidenceError("key-id", "the identifier of the signing key", id === undefined ? "none" : "another");
  }
  return decodeClaims(payload);
}
