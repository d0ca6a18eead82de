/** COSE_Sign1 (RFC 9052, section 4.2): one payload, one signature, made and verified with crypto from outside. */
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { CBOR_LIMITS, CborMap, CborTag, type CborValue } from "../cbor/values.ts";
import { CoseError } from "./errors.ts";
import {
  type CoseHeaders,
  checkHeaders,
  decodeProtected,
  encodeProtected,
  HEADER_ALGORITHM,
  type HeaderRules,
} from "./headers.ts";

/** The CBOR tag of COSE_Sign1 (section 2). */
export const TAG_SIGN1 = 18;
/** `r || s` of P-256 (RFC 9053, section 2.1). */
export const SIGNATURE_BYTE_LENGTH = 64;
/** First element of what is signed (section 4.4). */
const CONTEXT = "Signature1";
const EMPTY = Object.freeze({});

/** Makes signatures of one algorithm with one key. */
export interface CoseSigner {
  /** Algorithm identifier, such as -7 for ES256. */
  readonly algorithm: number;
  /** Signs the message (not a digest); 64 bytes, `r || s`. */
  sign(message: Uint8Array): Uint8Array;
}

/** Verifies signatures of one algorithm with one key. */
export interface CoseVerifier {
  readonly algorithm: number;
  /** False for a signature or key that is no valid one; it does not throw. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** A message to be signed. */
export interface Sign1Input {
  readonly payload: Uint8Array;
  /** Protected parameters besides `alg`, which is added. */
  readonly protectedHeader?: CborMap;
  readonly unprotectedHeader?: CborMap;
  /** Application data that is signed and not sent (section 4.4, external_aad). */
  readonly external?: Uint8Array;
  /** True leaves the payload out of the message: both sides must have it. */
  readonly detached?: boolean;
  /** False leaves tag 18 out. */
  readonly tagged?: boolean;
}

/** What a receiver expects of a message, besides its signature. */
export interface Sign1Rules extends HeaderRules {
  /** Whether tag 18 must be there (the default), must not, or may. */
  readonly tag?: "required" | "forbidden" | "optional";
  /**
   * Where `alg` must be. `protected`, the default, keeps it under the signature. `anywhere` also reads the unprotected header, as
   * RFC 9052 allows.
   */
  readonly algorithm?: "protected" | "anywhere";
  readonly external?: Uint8Array;
  /** The payload of a detached message; without it the payload must be attached. */
  readonly payload?: Uint8Array;
  /** Largest message in bytes; 4096 by default. */
  readonly byteLength?: number;
}

/** A message taken apart and not yet verified. */
interface DecodedSign1 extends CoseHeaders {
  readonly protectedBytes: Uint8Array;
  readonly payload: Uint8Array | undefined;
  readonly signature: Uint8Array;
}

/** A message whose signature verified. */
export interface VerifiedSign1 extends CoseHeaders {
  readonly payload: Uint8Array;
}

/**
 * Makes a COSE_Sign1 message.
 * @throws CoseError `header-duplicate` when the caller gives `alg` itself or puts a label in both headers, and other
 * header codes; CborError when it grows past `CBOR_LIMITS`.
 */
export function signSign1(input: Sign1Input, signer: CoseSigner): Uint8Array {
  const given = input.protectedHeader?.entries ?? [];
  const unprotectedHeader = input.unprotectedHeader ?? new CborMap([]);
  if (given.some(([label]) => label === HEADER_ALGORITHM)) {
    throw new CoseError("header-duplicate", "alg from the signer", "another one");
  }
  const protectedHeader = new CborMap([[HEADER_ALGORITHM, signer.algorithm], ...given]);
  checkHeaders({ protectedHeader, unprotectedHeader }, { understood: given.map(([label]) => label) });
  const protectedBytes = encodeProtected(protectedHeader);
  const signature = signer.sign(toBeSigned(protectedBytes, input.external, input.payload));
  if (signature.length !== SIGNATURE_BYTE_LENGTH) throw signatureLength(signature);
  const message = [protectedBytes, unprotectedHeader, input.detached ? null : input.payload, signature];
  return encodeCbor(input.tagged === false ? message : new CborTag(TAG_SIGN1, message));
}

/**
 * Decodes a message, checks its headers, and verifies its signature. Nothing of it is returned before that.
 * @throws CoseError; CborError for what is no deterministic CBOR.
 */
export function verifySign1(message: Uint8Array, verifier: CoseVerifier, rules: Sign1Rules = EMPTY): VerifiedSign1 {
  const decoded = decodeSign1(message, rules);
  checkHeaders(decoded, rules);
  checkAlgorithm(decoded, verifier.algorithm, rules.algorithm ?? "protected");
  const payload = choosePayload(decoded.payload, rules.payload);
  if (decoded.signature.length !== SIGNATURE_BYTE_LENGTH) throw signatureLength(decoded.signature);
  const signed = toBeSigned(decoded.protectedBytes, rules.external, payload);
  if (!verifier.verify(signed, decoded.signature)) {
    throw new CoseError("signature", "a signature by the given key", "another one");
  }
  return { protectedHeader: decoded.protectedHeader, unprotectedHeader: decoded.unprotectedHeader, payload };
}

function decodeSign1(bytes: Uint8Array, { tag = "required", byteLength }: Sign1Rules): DecodedSign1 {
  const limits = { byteLength: byteLength ?? CBOR_LIMITS.byteLength };
  const item = decodeCbor(bytes, { limits, tags: tag === "forbidden" ? [] : [TAG_SIGN1] });
  const isTagged = item instanceof CborTag;
  if (!isTagged && tag === "required") throw new CoseError("tag", `tag ${TAG_SIGN1}`, "none");
  const elements = isTagged ? item.value : item;
  if (!Array.isArray(elements) || elements.length !== 4) throw structure("an array of 4");
  const [protectedBytes, unprotectedHeader, payload, signature] = elements as readonly CborValue[];
  if (!(protectedBytes instanceof Uint8Array)) throw structure("a byte string as protected header");
  if (!(unprotectedHeader instanceof CborMap)) throw structure("a map as unprotected header");
  if (payload !== null && !(payload instanceof Uint8Array)) throw structure("a byte string or null as payload");
  if (!(signature instanceof Uint8Array)) throw structure("a byte string as signature");
  return {
    protectedBytes,
    protectedHeader: decodeProtected(protectedBytes),
    unprotectedHeader,
    payload: payload ?? undefined,
    signature,
  };
}

function structure(expected: string): CoseError {
  return new CoseError("structure", expected, "something else");
}

function signatureLength(signature: Uint8Array): CoseError {
  return new CoseError("signature-length", `${SIGNATURE_BYTE_LENGTH} bytes of signature`, `${signature.length}`);
}

function checkAlgorithm(headers: CoseHeaders, algorithm: number, where: "protected" | "anywhere"): void {
  const isProtected = headers.protectedHeader.get(HEADER_ALGORITHM);
  const found = isProtected ?? (where === "anywhere" ? headers.unprotectedHeader.get(HEADER_ALGORITHM) : undefined);
  if (found !== algorithm) {
    const shown = typeof found === "number" ? `${found}` : found === undefined ? "none" : "another";
    throw new CoseError("algorithm", `algorithm ${algorithm} in the ${where} header`, shown);
  }
}

function choosePayload(attached: Uint8Array | undefined, given: Uint8Array | undefined): Uint8Array {
  if (attached !== undefined && given !== undefined) {
    throw new CoseError("payload", "a detached payload", "one attached as well");
  }
  const payload = attached ?? given;
  if (payload === undefined) throw new CoseError("payload", "an attached payload", "none");
  return payload;
}

/**
 * The Sig_structure (section 4.4). An encoded empty map as protected header is signed as the empty string: the example
 * sign-pass-01 of the COSE working group, and "if there are no protected header parameters, a zero-length byte string is used".
 */
function toBeSigned(protectedBytes: Uint8Array, external: Uint8Array | undefined, payload: Uint8Array): Uint8Array {
  const isEmptyMap = protectedBytes.length === 1;
  const header = isEmptyMap ? new Uint8Array(0) : protectedBytes;
  const limits = { byteLength: payload.length + (external?.length ?? 0) + protectedBytes.length + 64 };
  return encodeCbor([CONTEXT, header, external ?? new Uint8Array(0), payload], { limits });
}
