/** DICE certificates as CBOR (Open Profile for DICE, "CBOR CDI Certificates"): a CWT in an untagged COSE_Sign1. */
import { encodeCbor } from "../cbor/encode.ts";
import { type CborEntry, CborMap } from "../cbor/values.ts";
import { encodeCoseKey } from "../cose/key.ts";
import { type CoseSigner, signSign1 } from "../cose/sign1.ts";
import type { CertificateFields } from "./certificate.ts";
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
import { keyIdText } from "./identifiers.ts";
import { type CertifiedInputs, modeValue, type Sha512 } from "./inputs.ts";

/**
 * Makes a CBOR certificate, byte for byte as the reference implementation of the profile does.
 * @param signer Signs with the issuer's key.
 * @throws DiceError `input`, CoseError `key`, CborError when a descriptor makes it too large.
 */
export function signCwtCertificate(fields: CertificateFields, signer: CoseSigner, sha512: Sha512): Uint8Array {
  const { inputs, profileName } = fields;
  const entries: CborEntry[] = [
    [ISSUER, keyIdText(fields.issuerKey, sha512)],
    [SUBJECT, keyIdText(fields.subjectKey, sha512)],
    [SUBJECT_KEY, encodeCoseKey(fields.subjectKey)],
    [KEY_USAGE, new Uint8Array([USAGE_BITS[fields.usage]])],
  ];
  if (inputs !== undefined) addInputs(entries, inputs);
  if (profileName !== undefined) entries.push([PROFILE_NAME, profileName]);
  return signSign1({ payload: encodeCbor(new CborMap(entries)), tagged: false }, signer);
}

function addInputs(entries: CborEntry[], inputs: CertifiedInputs): void {
  entries.push([CODE_HASH, inputs.codeHash]);
  if (inputs.codeDescriptor !== undefined) entries.push([CODE_DESCRIPTOR, inputs.codeDescriptor]);
  if (inputs.configurationHash !== undefined) entries.push([CONFIGURATION_HASH, inputs.configurationHash]);
  entries.push([CONFIGURATION_DESCRIPTOR, inputs.configurationDescriptor]);
  entries.push([AUTHORITY_HASH, inputs.authorityHash]);
  if (inputs.authorityDescriptor !== undefined) entries.push([AUTHORITY_DESCRIPTOR, inputs.authorityDescriptor]);
  entries.push([MODE, new Uint8Array([modeValue(inputs.mode)])]);
}
