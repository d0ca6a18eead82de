/** Evidence: claims in a tagged COSE_Sign1, ES256, signed by the evidence key of a root of trust. */
import { CborMap } from "../cbor/values.ts";
import { HEADER_KEY_ID } from "../cose/headers.ts";
import { type CoseSigner, signSign1 } from "../cose/sign1.ts";
import { keyId } from "../dice/identifiers.ts";
import type { Sha512 } from "../dice/inputs.ts";
import { type EvidenceClaims, encodeClaims } from "./claims.ts";

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
