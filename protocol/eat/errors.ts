/** The closed set of reasons for which evidence is refused. */

/**
 * Why evidence was refused. What is no deterministic CBOR, no COSE_Sign1 of the expected key, or no valid chain is refused before
 * with a CborError, CoseError or DiceError.
 *
 * | code | meaning |
 * |---|---|
 * | claims-structure | the payload is no map, or a claim of another type |
 * | claim-unknown | a claim that our profile does not define |
 * | claim-missing | a claim that our profile requires |
 * | claim-value | a claim whose value is out of its range |
 * | profile | evidence under another profile |
 * | key-id | evidence that names another signing key |
 * | nonce-mismatch | not the nonce that was asked for: old evidence, or another's |
 * | device-mismatch | the UEID is not that of the identity key |
 * | operational-key-mismatch | it vouches for another key, or for none |
 * | component-mismatch | the first component is not the one that the certificates were made for |
 * | lifecycle-mismatch | the claimed lifecycle does not fit the certified mode, and is not worse than it |
 */
export type EvidenceErrorCode = (typeof EVIDENCE_ERROR_CODES)[number];

/** Every {@link EvidenceErrorCode}. */
export const EVIDENCE_ERROR_CODES = Object.freeze([
  "claims-structure",
  "claim-unknown",
  "claim-missing",
  "claim-value",
  "profile",
  "key-id",
  "nonce-mismatch",
  "device-mismatch",
  "operational-key-mismatch",
  "component-mismatch",
  "lifecycle-mismatch",
] as const);

/** Evidence was refused; the message is one line: what was expected, what was found. */
export class EvidenceError extends Error {
  override readonly name: string = "EvidenceError";
  readonly code: EvidenceErrorCode;

  constructor(code: EvidenceErrorCode, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.code = code;
  }
}
