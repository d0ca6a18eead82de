/** Evidence: claims in a tagged COSE_Sign1, ES256, signed by the evidence key of a root of trust. */
import { CborMap } from "../cbor/values.ts";
import { type Es256Crypto, es256Verifier } from "../cose/es256.ts";
import { HEADER_KEY_ID } from "../cose/headers.ts";
import { type CoseSigner, signSign1, verifySign1 } from "../cose/sign1.ts";
import { keyId } from "../dice/identifiers.ts";
import type { Sha512 } from "../dice/inputs.ts";
import { equalBytes } from "../image/bytes.ts";
import { decodeClaims, type EvidenceClaims, encodeClaims } from "./claims.ts";
import { EvidenceError } from "./errors.ts";

/** Largest evidence in bytes: eight components of the longest texts are below it. */
export const EVIDENCE_BYTE_LIMIT = 2048;

/** The primitives that verifying evidence needs. */
export interface EvidenceCrypto extends Es256Crypto {
  readonly sha512: Sha512;
}

/**
 * Makes evidence. Its protected header holds `alg` and the signing key's identifier, its unprotected header is empty.
 * @param publicKey The signing key's public half, 65 bytes.
 * @throws EvidenceError `claim-value`.
 */
export function signEvidence(
  claims: EvidenceClaims,
  publicKey: Uint8Array,
  signer: CoseSigner,
  sha512: Sha512,
): Uint8Array {
  const protectedHeader = new CborMap([[HEADER_KEY_ID, keyId(publicKey, sha512)]]);
  return signSign1({ payload: encodeClaims(claims), protectedHeader }, signer);
}

/**
 * Verifies evidence by a key that is known to be a device's evidence key, and reads its claims. Whether they are the ones to
 * expect is for {@link verifyAttestation}.
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
