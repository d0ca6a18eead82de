/** COSE header parameters (RFC 9052, section 3): which labels there are, and the rules that hold for any message. */
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { shownKey } from "../cbor/keys.ts";
import { type CborKey, CborMap, type CborValue } from "../cbor/values.ts";
import { CoseError } from "./errors.ts";

/** Labels of RFC 9052, section 3.1. */
export const HEADER_ALGORITHM = 1;
export const HEADER_CRITICAL = 2;
export const HEADER_CONTENT_TYPE = 3;
export const HEADER_KEY_ID = 4;

/** ECDSA on P-256 with SHA-256 (RFC 9053, section 2.1). */
export const ALGORITHM_ES256 = -7;

/** Both headers of a message. */
export interface CoseHeaders {
  readonly protectedHeader: CborMap;
  readonly unprotectedHeader: CborMap;
}

/** What a receiver asks of headers. */
export interface HeaderRules {
  /** Labels that the receiver acts on, so that `crit` may name them. None by default. */
  readonly understood?: readonly CborKey[];
  /** False: the unprotected header must be empty, so that no byte of the message can change unnoticed. True by default. */
  readonly allowUnprotected?: boolean;
}

/**
 * Encodes a protected header. An empty one is the empty string, not an encoded empty map (section 3).
 * @throws CborError for a map that cannot be encoded.
 */
export function encodeProtected(header: CborMap): Uint8Array {
  return header.entries.length === 0 ? new Uint8Array(0) : encodeCbor(header);
}

/**
 * Decodes a protected header. An encoded empty map counts as empty too, as section 3 asks of receivers.
 * @throws CoseError `structure`, or CborError.
 */
export function decodeProtected(bytes: Uint8Array): CborMap {
  if (bytes.length === 0) return new CborMap([]);
  const header = decodeCbor(bytes);
  if (!(header instanceof CborMap)) throw new CoseError("structure", "a map as protected header", "another type");
  return header;
}

/**
 * Checks what section 3.1 asks of any pair of headers.
 * @throws CoseError `header-type`, `header-duplicate`, `header-unprotected` or `critical-unknown`.
 */
export function checkHeaders({ protectedHeader, unprotectedHeader }: CoseHeaders, rules: HeaderRules): void {
  checkTypes(protectedHeader);
  checkTypes(unprotectedHeader);
  for (const [label] of unprotectedHeader.entries) {
    if (protectedHeader.get(label) !== undefined) {
      throw new CoseError("header-duplicate", "each label in one header", `${shownKey(label)} in both`);
    }
    if (label === HEADER_CRITICAL) {
      throw new CoseError("header-unprotected", "crit in the protected header", "it in the unprotected one");
    }
    if (rules.allowUnprotected === false) {
      throw new CoseError("header-unprotected", "an empty unprotected header", `label ${shownKey(label)}`);
    }
  }
  checkCritical(protectedHeader, rules.understood ?? []);
}

function checkTypes(header: CborMap): void {
  const algorithm = header.get(HEADER_ALGORITHM);
  if (algorithm !== undefined && !isLabel(algorithm)) throw headerType("an integer or text as alg");
  const keyId = header.get(HEADER_KEY_ID);
  if (keyId !== undefined && !(keyId instanceof Uint8Array)) throw headerType("a byte string as kid");
  const contentType = header.get(HEADER_CONTENT_TYPE);
  if (contentType !== undefined && !isLabel(contentType)) throw headerType("an integer or text as content type");
}

function headerType(expected: string): CoseError {
  return new CoseError("header-type", expected, "another type");
}

function isLabel(value: CborValue): value is CborKey {
  return typeof value === "number" || typeof value === "string";
}

/** Section 3.1, "crit": a non-empty array of labels, all present in the protected header and understood. */
function checkCritical(header: CborMap, understood: readonly CborKey[]): void {
  const critical = header.get(HEADER_CRITICAL);
  if (critical === undefined) return;
  if (!Array.isArray(critical) || critical.length === 0) {
    throw new CoseError("critical-unknown", "a non-empty array as crit", "something else");
  }
  for (const label of critical as readonly CborValue[]) {
    if (!isLabel(label)) throw new CoseError("critical-unknown", "labels in crit", "another type");
    if (header.get(label) === undefined) {
      throw new CoseError("critical-unknown", "critical labels in the protected header", `${shownKey(label)} missing`);
    }
    if (!understood.includes(label)) {
      throw new CoseError("critical-unknown", "critical labels that are understood", shownKey(label));
    }
  }
}
