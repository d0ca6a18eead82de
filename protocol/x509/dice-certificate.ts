/** DICE certificates as X.509 (Open Profile for DICE, "X.509 CDI Certificates"; RFC 5280): one template, a few values in it. */

import { encodeUtf8 } from "../cbor/text.ts";
import type { CertificateFields, KeyUsage } from "../dice/certificate.ts";
import { keyId } from "../dice/identifiers.ts";
import { type CertifiedInputs, modeValue, type Sha512 } from "../dice/inputs.ts";
import { asciiBytes } from "../dice/key-derivation.ts";
import { equalBytes, fromHex, toHex } from "../image/bytes.ts";
import { derFromRawSignature } from "../image/ecdsa-signature.ts";
import { spkiFromPublicKey } from "../image/public-key.ts";
import {
  DER_ENUMERATED,
  DER_GENERALIZED_TIME,
  DER_OCTET_STRING,
  DER_PRINTABLE_STRING,
  DER_SEQUENCE,
  DER_SET,
  DER_UTC_TIME,
  DER_UTF8_STRING,
  der,
  derBitString,
  derInteger,
  explicitTag,
  implicitTag,
} from "./der.ts";

/** Parts that never change, as encoded DER. */
const VERSION_3 = "a003020102";
/** SEQUENCE { ecdsa-with-SHA256 }, 1.2.840.10045.4.3.2 (RFC 5758, section 3.2). */
const ECDSA_WITH_SHA256 = "300a06082a8648ce3d040302";
/** id-at-serialNumber, 2.5.4.5. */
const OID_SERIAL_NUMBER = "0603550405";
const OID_AUTHORITY_KEY_ID = "0603551d23";
const OID_SUBJECT_KEY_ID = "0603551d0e";
const OID_KEY_USAGE = "0603551d0f";
const OID_BASIC_CONSTRAINTS = "0603551d13";
/** The profile's diceAttestationData, 1.3.6.1.4.1.11129.2.1.24. */
const OID_DICE_INPUT = "060a2b06010401d679020118";
const CRITICAL = "0101ff";
/** BIT STRING keyCertSign, and digitalSignature. */
const KEY_USAGE_BITS: Readonly<Record<KeyUsage, string>> = Object.freeze({ certify: "03020204", sign: "03020780" });
/** SEQUENCE { cA TRUE }, and the empty one. */
const CONSTRAINTS: Readonly<Record<KeyUsage, string>> = Object.freeze({ certify: "30030101ff", sign: "3000" });

/** A device has no clock when it makes these: the day of the TCG's DICE specification, and "no well-known expiry". */
const NOT_BEFORE = "180322235959Z";
const NOT_AFTER = "99991231235959Z";

/**
 * The part that is signed.
 * @throws RangeError for keys that are no P-256 public keys, DiceError `input` for a mode that is not in the profile.
 */
export function encodeTbsCertificate(fields: CertificateFields, sha512: Sha512): Uint8Array {
  const subjectId = keyId(fields.subjectKey, sha512);
  const issuerId = keyId(fields.issuerKey, sha512);
  const extensions = [];
  // A certificate that a key issues for itself needs no pointer to its issuer (RFC 5280, section 4.2.1.1).
  if (!equalBytes(subjectId, issuerId)) {
    extensions.push(extension(OID_AUTHORITY_KEY_ID, "", der(DER_SEQUENCE, der(implicitTag(0), issuerId))));
  }
  extensions.push(
    extension(OID_SUBJECT_KEY_ID, "", der(DER_OCTET_STRING, subjectId)),
    extension(OID_KEY_USAGE, CRITICAL, fromHex(KEY_USAGE_BITS[fields.usage])),
    extension(OID_BASIC_CONSTRAINTS, CRITICAL, fromHex(CONSTRAINTS[fields.usage])),
  );
  if (fields.inputs !== undefined) {
    extensions.push(extension(OID_DICE_INPUT, CRITICAL, openDiceInput(fields.inputs, fields.profileName)));
  }
  return der(
    DER_SEQUENCE,
    fromHex(VERSION_3),
    derInteger(subjectId),
    fromHex(ECDSA_WITH_SHA256),
    name(issuerId),
    der(DER_SEQUENCE, der(DER_UTC_TIME, asciiBytes(NOT_BEFORE)), der(DER_GENERALIZED_TIME, asciiBytes(NOT_AFTER))),
    name(subjectId),
    spkiFromPublicKey({ algorithm: "ecdsa-p256", bytes: fields.subjectKey }),
    der(explicitTag(3), der(DER_SEQUENCE, ...extensions)),
  );
}

/**
 * Makes a certificate.
 * @param signDigest Signs a SHA-256 digest with the issuer's key: 64 bytes, `r || s`.
 */
export function signX509Certificate(
  fields: CertificateFields,
  crypto: { readonly sha512: Sha512; readonly sha256: (data: Uint8Array) => Uint8Array },
  signDigest: (digest: Uint8Array) => Uint8Array,
): Uint8Array {
  const tbs = encodeTbsCertificate(fields, crypto.sha512);
  const signature = derFromRawSignature(signDigest(crypto.sha256(tbs)));
  return der(DER_SEQUENCE, tbs, fromHex(ECDSA_WITH_SHA256), derBitString(signature));
}

/** A Name with one attribute: SERIALNUMBER=<identifier in lower-case hexadecimal>. */
function name(id: Uint8Array): Uint8Array {
  const value = der(DER_PRINTABLE_STRING, asciiBytes(toHex(id)));
  return der(DER_SEQUENCE, der(DER_SET, der(DER_SEQUENCE, fromHex(OID_SERIAL_NUMBER), value)));
}

function extension(oid: string, critical: string, value: Uint8Array): Uint8Array {
  return der(DER_SEQUENCE, fromHex(oid + critical), der(DER_OCTET_STRING, value));
}

/** OpenDiceInput ("Custom Extension Format"). The mode is an ENUMERATED in the reference implementation and its answers. */
function openDiceInput(inputs: CertifiedInputs, profileName: string | undefined): Uint8Array {
  const fields: readonly (Uint8Array | undefined)[] = [
    inputs.codeHash,
    inputs.codeDescriptor,
    inputs.configurationHash,
    inputs.configurationDescriptor,
    inputs.authorityHash,
    inputs.authorityDescriptor,
  ];
  const elements: Uint8Array[] = [];
  fields.forEach((value, tag) => {
    if (value !== undefined) elements.push(der(explicitTag(tag), der(DER_OCTET_STRING, value)));
  });
  elements.push(der(explicitTag(6), der(DER_ENUMERATED, new Uint8Array([modeValue(inputs.mode)]))));
  if (profileName !== undefined) {
    const text = encodeUtf8(profileName) ?? new Uint8Array(0);
    elements.push(der(explicitTag(7), der(DER_UTF8_STRING, text)));
  }
  return der(DER_SEQUENCE, ...elements);
}
