/** The closed set of reasons for which DICE inputs, certificates and chains are refused. */

/**
 * Why something was refused. What is no deterministic CBOR or no COSE_Sign1 is refused before with a CborError or CoseError.
 *
 * | code | meaning |
 * |---|---|
 * | input | a DICE input of another length than its own, or an empty descriptor |
 * | certificate-structure | a certificate whose payload is not the map of {@link CertificateFields} |
 * | certificate-field | a field that is missing, unknown, or of another type or length |
 * | descriptor | a descriptor that is not what its hash was computed of |
 * | chain-length | no certificate, or more than a chain may have |
 * | chain-issuer | a certificate whose issuer is not the key before it |
 * | chain-subject | a certificate whose subject is not the identifier of its key |
 * | chain-usage | a signing key that certifies, or a chain that does not end in one |
 */
export type DiceErrorCode = (typeof DICE_ERROR_CODES)[number];

/** Every {@link DiceErrorCode}. */
export const DICE_ERROR_CODES = Object.freeze([
  "input",
  "certificate-structure",
  "certificate-field",
  "descriptor",
  "chain-length",
  "chain-issuer",
  "chain-subject",
  "chain-usage",
] as const);

/** DICE data was refused; the message is one line: what was expected, what was found. */
export class DiceError extends Error {
  override readonly name: string = "DiceError";
  readonly code: DiceErrorCode;

  constructor(code: DiceErrorCode, expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.code = code;
  }
}
