/** Test vectors as a list of records, which the host writes into flash and the board reads back. */

/** What a record asks for, and its fields in their order. */
export const RECORD_KINDS = Object.freeze([
  /** publicKey 65, digest 32, signature 64, 1 when it is valid else 0. */
  "verify",
  /** data, SHA-512. */
  "sha512",
  /** key, data, HMAC. */
  "hmac-sha256",
  "hmac-sha512",
  /** private key 32, public key 65. */
  "public-key",
  /** private key 32, nonce 32, digest 32, signature 64. */
  "sign",
  /** key 32, nonce 12, associated, plain, sealed. */
  "seal",
  /** key 32, nonce 12, associated, sealed text that is not authentic. */
  "seal-refused",
  /** entropy, nonce, the second of two outputs of HMAC_DRBG-SHA512. */
  "drbg",
  /** CDI_Attest, CDI_Seal, code, configuration, authority, hidden, X.509 certificate of the next layer. */
  "open-dice",
  /** device secret, nonce, layer certificate, evidence certificate, evidence. */
  "evidence",
] as const);

export type RecordKind = (typeof RECORD_KINDS)[number];

/** One test vector. */
export interface VectorRecord {
  readonly kind: RecordKind;
  readonly fields: readonly Uint8Array[];
}

/** Bytes of kind and number of fields; each field follows its length in two bytes. */
export const RECORD_HEAD_BYTE_LENGTH = 2;
/** Where a kind would be: the end of the list. */
export const RECORDS_END = 0xff;
