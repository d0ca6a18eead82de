/** Labels and values of CBOR certificates, for writer and reader. */
import type { KeyUsage } from "./certificate.ts";

/** Claims of RFC 8392, section 3.1. */
export const ISSUER = 1;
export const SUBJECT = 2;
/** Labels of the profile. */
export const CODE_HASH = -4670545;
export const CODE_DESCRIPTOR = -4670546;
export const CONFIGURATION_HASH = -4670547;
export const CONFIGURATION_DESCRIPTOR = -4670548;
export const AUTHORITY_HASH = -4670549;
export const AUTHORITY_DESCRIPTOR = -4670550;
export const MODE = -4670551;
export const SUBJECT_KEY = -4670552;
export const KEY_USAGE = -4670553;
export const PROFILE_NAME = -4670554;

/** X.509 KeyUsage bits, bit 0 lowest: digitalSignature is bit 0, keyCertSign bit 5 (RFC 5280, section 4.2.1.3). */
export const USAGE_BITS: Readonly<Record<KeyUsage, number>> = Object.freeze({ sign: 0x01, certify: 0x20 });
