/** Reads CBOR certificates: for verifiers, which no device is. */
import { decodeCbor } from "../cbor/decode.ts";
import { shownKey } from "../cbor/keys.ts";
import { CborMap, type CborValue } from "../cbor/values.ts";
import { decodeCoseKey } from "../cose/key.ts";
import type { KeyUsage } from "./certificate.ts";
import {
  AUTHORITY_DESCRIPTOR,
  AUTHORITY_HASH,
  CODE_DESCRIPTOR,
  CODE_HASH,
  CONFIGURATION_DESCRIPTOR,
  CONFIGURATION_HASH,
  ISSUER,
  KEY_USAGE,
  MODE,
  PROFILE_NAME,
  SUBJECT,
  SUBJECT_KEY,
  USAGE_BITS,
} from "./cwt-labels.ts";
import { DiceError } from "./errors.ts";
import { KEY_ID_BYTE_LENGTH } from "./identifiers.ts";
import { type CertifiedInputs, configurationInput, DICE_MODES, INPUT_BYTE_LENGTH } from "./inputs.ts";

const LABELS: readonly number[] = Object.freeze([
  ...[ISSUER, SUBJECT, CODE_HASH, CODE_DESCRIPTOR, CONFIGURATION_HASH, CONFIGURATION_DESCRIPTOR],
  ...[AUTHORITY_HASH, AUTHORITY_DESCRIPTOR, MODE, SUBJECT_KEY, KEY_USAGE, PROFILE_NAME],
]);

/** The content of a CBOR certificate; issuer and subject are texts of 40 characters, to be compared with keys' identifiers. */
export interface CwtCertificate {
  readonly issuer: string;
  readonly subject: string;
  readonly subjectKey: Uint8Array;
  readonly usage: KeyUsage;
  readonly inputs: CertifiedInputs | undefined;
  readonly profileName: string | undefined;
}

/**
 * Reads the payload of a certificate whose signature has been verified, and refuses anything that we do not write.
 * @throws DiceError `certificate-structure` or `certificate-field`; CborError, CoseError `key`.
 */
export function decodeCwtPayload(payload: Uint8Array): CwtCertificate {
  const claims = decodeCbor(payload);
  if (!(claims instanceof CborMap)) {
    throw new DiceError("certificate-structure", "a map of claims", "another type");
  }
  for (const [label] of claims.entries) {
    if (typeof label !== "number" || !LABELS.includes(label)) throw field("known labels", shownKey(label));
  }
  const usage = byteAt(claims, KEY_USAGE);
  if (usage !== USAGE_BITS.certify && usage !== USAGE_BITS.sign) throw field("one key usage of ours", `${usage}`);
  return {
    issuer: identifierAt(claims, ISSUER),
    subject: identifierAt(claims, SUBJECT),
    subjectKey: decodeCoseKey(bytesAt(claims, SUBJECT_KEY)),
    usage: usage === USAGE_BITS.certify ? "certify" : "sign",
    inputs: inputsOf(claims),
    profileName: profileOf(claims),
  };
}

/** A layer shows all its inputs, a key that is no layer shows none. */
function inputsOf(claims: CborMap): CertifiedInputs | undefined {
  const present = claims.entries.some(([label]) => (label as number) <= CODE_HASH && (label as number) >= MODE);
  if (!present) return undefined;
  const mode = DICE_MODES[byteAt(claims, MODE)];
  if (mode === undefined) throw field("a mode of the profile", "another");
  const inputs = {
    codeHash: hashAt(claims, CODE_HASH),
    codeDescriptor: optionalBytesAt(claims, CODE_DESCRIPTOR),
    configurationHash: optionalBytesAt(claims, CONFIGURATION_HASH),
    configurationDescriptor: bytesAt(claims, CONFIGURATION_DESCRIPTOR),
    authorityHash: hashAt(claims, AUTHORITY_HASH),
    authorityDescriptor: optionalBytesAt(claims, AUTHORITY_DESCRIPTOR),
    mode,
  };
  if (configurationInput(inputs).length !== INPUT_BYTE_LENGTH) {
    throw field(`a configuration of ${INPUT_BYTE_LENGTH} bytes`, "another length");
  }
  return inputs;
}

function profileOf(claims: CborMap): string | undefined {
  const value = claims.get(PROFILE_NAME);
  if (value !== undefined && typeof value !== "string") throw field("a text as profile name", "another type");
  return value;
}

function identifierAt(claims: CborMap, label: number): string {
  const value = claims.get(label);
  if (typeof value !== "string" || value.length !== 2 * KEY_ID_BYTE_LENGTH) {
    throw field(`an identifier at label ${label}`, "something else");
  }
  return value;
}

function bytesAt(claims: CborMap, label: number): Uint8Array {
  return requireBytes(claims.get(label), label);
}

function optionalBytesAt(claims: CborMap, label: number): Uint8Array | undefined {
  const value = claims.get(label);
  return value === undefined ? undefined : requireBytes(value, label);
}

function requireBytes(value: CborValue | undefined, label: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length === 0) {
    throw field(`bytes at label ${label}`, value === undefined ? "none" : "something else");
  }
  return value;
}

function hashAt(claims: CborMap, label: number): Uint8Array {
  const value = bytesAt(claims, label);
  if (value.length !== INPUT_BYTE_LENGTH) throw field(`64 bytes at label ${label}`, `${value.length}`);
  return value;
}

function byteAt(claims: CborMap, label: number): number {
  const value = bytesAt(claims, label);
  if (value.length !== 1) throw field(`one byte at label ${label}`, `${value.length}`);
  return value[0] as number;
}

function field(expected: string, found: string): DiceError {
  return new DiceError("certificate-field", expected, found);
}
