/** The closed set of reasons for which a COSE message or key is refused. */

/**
 * Why a message was refused, in the order of the checks. What is no deterministic CBOR is refused before with a CborError.
 *
 * | code | meaning |
 * |---|---|
 * | tag | the message has another tag than asked for, one where none may be, or none where one must be |
 * | structure | not the four elements of COSE_Sign1, or an element of another type |
 * | header-type | a header parameter whose value has the wrong type |
 * | header-duplicate | a label in both the protected and the unprotected header |
 * | header-unprotected | a parameter that must be protected, or any where the caller allows none |
 * | critical-unknown | `crit` is malformed, or names a parameter that the caller does not understand |
 * | algorithm | no algorithm where it must be, or another than the verifier's |
 * | payload | a payload both attached and given apart, or neither |
 * | signature-length | a signature that is not 64 bytes |
 * | signature | the signature does not verify |
 * | key | a COSE_Key that is not exactly a P-256 public key of ours |
 */
export type CoseErrorCode = (typeof COSE_ERROR_CODES)[number];

/** Every {@link CoseErrorCode}, in the order of the checks. */
export const COSE_ERROR_CODES = Object.freeze([
  "tag",
  "structure",
  "header-type",
  "header-duplicate",
  "header-unprotected",
  "critical-unknown",
  "algorithm",
  "payload",
  "signature-length",
  "signature",
  "key",
] as const);

/** A COSE message was refused; the message is one line: what was expected, what was found. */
export class CoseError extends Error {
  override readonly name: string = "CoseError";
  readonly code: CoseErrorCode;

  constructor(code: CoseErrorCode, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.code = code;
  }
}
