/** Certificates that a layer makes: for the layer above it, for its signing key, and the device's own. */

import { es256Signer } from "../../protocol/cose/es256.ts";
import type { CertificateFields } from "../../protocol/dice/certificate.ts";
import { signCwtCertificate } from "../../protocol/dice/cwt-certificate.ts";
import { certifiedInputs, type DiceInputs } from "../../protocol/dice/inputs.ts";
import { signX509Certificate } from "../../protocol/x509/dice-certificate.ts";
import type { IdentityCrypto, SigningKey } from "./crypto.ts";
import type { DiceLayer } from "./layer.ts";

/** A certificate form: X.509 for tools that know only that, CBOR for our own verifiers, at two thirds of the bytes. */
export type CertificateForm = "x509" | "cbor";

/** What is certified of a layer. */
export interface LayerCertificate {
  readonly form: CertificateForm;
  readonly inputs: DiceInputs;
  readonly profileName?: string;
}

/** The certificate with which `layer` vouches for `next`, which `inputs` made. @throws DiceError `input`. */
export function certifyLayer(
  crypto: IdentityCrypto,
  layer: DiceLayer,
  next: DiceLayer,
  { form, inputs, profileName }: LayerCertificate,
): Uint8Array {
  const fields: CertificateFields = {
    issuerKey: layer.key.publicKey,
    subjectKey: next.key.publicKey,
    usage: "certify",
    inputs: certifiedInputs(inputs, crypto.sha512),
    profileName,
  };
  return signCertificate(crypto, layer.key, fields, form);
}

/** The certificate with which `layer` vouches for a key that only signs. */
export function certifySigningKey(
  crypto: IdentityCrypto,
  layer: DiceLayer,
  publicKey: Uint8Array,
  form: CertificateForm,
): Uint8Array {
  const fields: CertificateFields = {
    issuerKey: layer.key.publicKey,
    subjectKey: publicKey,
    usage: "sign",
    inputs: undefined,
    profileName: undefined,
  };
  return signCertificate(crypto, layer.key, fields, form);
}

/** The identity key's certificate for itself: how a device shows its public identity before anyone has endorsed it. */
export function certifyIdentity(crypto: IdentityCrypto, identity: DiceLayer, form: CertificateForm): Uint8Array {
  const { publicKey } = identity.key;
  const fields: CertificateFields = {
    issuerKey: publicKey,
    subjectKey: publicKey,
    usage: "certify",
    inputs: undefined,
    profileName: undefined,
  };
  return signCertificate(crypto, identity.key, fields, form);
}

function signCertificate(
  crypto: IdentityCrypto,
  issuer: SigningKey,
  fields: CertificateFields,
  form: CertificateForm,
): Uint8Array {
  const signDigest = (digest: Uint8Array): Uint8Array => issuer.signDigest(digest);
  return form === "x509"
    ? signX509Certificate(fields, crypto, signDigest)
    : signCwtCertificate(fields, es256Signer(crypto, signDigest), crypto.sha512);
}
