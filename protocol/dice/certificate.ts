/** What both certificate forms, X.509 and CBOR, say of a key. */
import type { CertifiedInputs } from "./inputs.ts";

/** What a certified key may do (RFC 5280, section 4.2.1.3): certify the next layer, or sign evidence. Never both. */
export type KeyUsage = "certify" | "sign";

/** The content of a certificate. Issuer and subject are the identifiers of the two keys. */
export interface CertificateFields {
  /** 65 bytes, `04 || x || y`. */
  readonly issuerKey: Uint8Array;
  readonly subjectKey: Uint8Array;
  readonly usage: KeyUsage;
  /** The measured layer; undefined for the device's own certificate and for signing keys. */
  readonly inputs: CertifiedInputs | undefined;
  /** Name of the DICE profile that defines the inputs. */
  readonly profileName: string | undefined;
}

/** The profile of our layers, as docs/design/0011-identity.md defines them. */
export const HOLDFAST_DICE_PROFILE = "holdfast.1";
