/** Software components (RFC 9783, section 4.4.1): what was measured, in evidence and in the code descriptor of a DICE layer. */
import { CborMap, type CborValue } from "../cbor/values.ts";
import { EvidenceError } from "./errors.ts";

/** Keys of a component. */
const TYPE = 1;
const VALUE = 2;
const VERSION = 4;
const SIGNER = 5;
const DESCRIPTION = 6;

/** The only measurement of ours, by its name in IANA's Named Information Hash Algorithm Registry. */
const SHA256_NAME = "sha-256";
/** Longest type and version, in printable ASCII characters. */
export const COMPONENT_TEXT_LIMIT = 32;
const DIGEST_BYTE_LENGTH = 32;

/** One measured piece of software. */
export interface SoftwareComponent {
  /** What it is, such as `root-of-trust` or `runtime`. */
  readonly type: string;
  /** SHA-256 of its signed region, 32 bytes: the digest that its signature covers. */
  readonly value: Uint8Array;
  /** As images write it: `1.2.3+4`. */
  readonly version: string;
  /** SHA-256 of the SubjectPublicKeyInfo that signed it, 32 bytes. */
  readonly signer: Uint8Array;
}

/** What is wrong with a component, or undefined. */
export function componentFault({ type, value, version, signer }: SoftwareComponent): string | undefined {
  if (!isShortText(type)) return `a type of 1 to ${COMPONENT_TEXT_LIMIT} printable characters`;
  if (!isShortText(version)) return `a version of 1 to ${COMPONENT_TEXT_LIMIT} printable characters`;
  if (value.length !== DIGEST_BYTE_LENGTH) return `a measurement of ${DIGEST_BYTE_LENGTH} bytes`;
  if (signer.length !== DIGEST_BYTE_LENGTH) return `a signer of ${DIGEST_BYTE_LENGTH} bytes`;
  return undefined;
}

function isShortText(text: string): boolean {
  if (text.length < 1 || text.length > COMPONENT_TEXT_LIMIT) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** The component as a CBOR map. @throws EvidenceError `claim-value`. */
export function componentMap(component: SoftwareComponent): CborMap {
  const fault = componentFault(component);
  if (fault !== undefined) throw new EvidenceError("claim-value", fault, "another");
  return new CborMap([
    [TYPE, component.type],
    [VALUE, component.value],
    [VERSION, component.version],
    [SIGNER, component.signer],
    [DESCRIPTION, SHA256_NAME],
  ]);
}

/**
 * Reads a component: exactly the five entries that {@link componentMap} writes.
 * @throws EvidenceError `claims-structure`, `claim-unknown`, `claim-missing` or `claim-value`.
 */
export function componentOf(item: CborValue): SoftwareComponent {
  if (!(item instanceof CborMap)) throw new EvidenceError("claims-structure", "a component map", "another type");
  if (item.entries.length > 5) throw new EvidenceError("claim-unknown", "5 entries in a component", "more");
  const type = textAt(item, TYPE);
  const value = bytesAt(item, VALUE);
  const version = textAt(item, VERSION);
  const signer = bytesAt(item, SIGNER);
  if (textAt(item, DESCRIPTION) !== SHA256_NAME) throw new EvidenceError("claim-value", SHA256_NAME, "another hash");
  const component = { type, value, version, signer };
  const fault = componentFault(component);
  if (fault !== undefined) throw new EvidenceError("claim-value", fault, "another");
  return component;
}

function textAt(map: CborMap, key: number): string {
  const value = map.get(key);
  if (typeof value !== "string") throw wrong(key, value, "text");
  return value;
}

function bytesAt(map: CborMap, key: number): Uint8Array {
  const value = map.get(key);
  if (!(value instanceof Uint8Array)) throw wrong(key, value, "bytes");
  return value;
}

function wrong(key: number, value: CborValue | undefined, expected: string): EvidenceError {
  return value === undefined
    ? new EvidenceError("claim-missing", `${expected} at component key ${key}`, "none")
    : new EvidenceError("claims-structure", `${expected} at component key ${key}`, "another type");
}
