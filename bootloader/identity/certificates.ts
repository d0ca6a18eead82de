/** Certificates that a layer makes: for the layer above it, for its signing key, and the device's own. */

import { es256Signer } from "../../protocol/cose/es256.ts";
import type { CertificateFields } from "../../protocol/dice/certificate.ts";
import { signCwtCertificate } from "../../protocol/dice/cwt-certificate.ts";
import { certifiedInputs, type DiceInputs } from "../../protocol/dice/inputs.ts";
import type { IdentityCrypto, SigningKey } from "./crypto.ts";
import type { DiceLayer } from "./layer.ts";

/**
 * Writes a certificate in its form: {@link cborCertificate}, which our own verifiers read and which is all that devices need, or
 * `signX509Certificate` of protocol/x509, for tools that know only that.
 */
export type CertificateWriter = (
  fields: CertificateFields,
  crypto: IdentityCrypto,
  signDigest: (digest: Uint8Array) => Uint8Array,
) => Uint8Array;

/** The CBOR form. */
export const cborCertificate: CertificateWriter = (fields, crypto, signDigest) =>
  signCwtCertificate(fields, es256Signer(crypto, signDigest), crypto.sha512);

/** What is certified of a layer. */
export interface LayerCertificate {
  readonly inputs: DiceInputs;
  readonly profileName?: string;
}

/** The certificate with which `layer` vouches for `next`, which `inputs` made. @throws DiceError `input`. */
export function certifyLayer(
  crypto: IdentityCrypto,
  layer: DiceLayer,
  next: DiceLayer,
  { inputs, profileName }: LayerCertificate,
  writer: CertificateWriter = cborCertificate,
): Uint8Array {
  const fields: CertificateFields = {
    issuerKey: layer.key.publicKey,
    subjectKey: next.key.publicKey,
    usage: "certify",
    inputs: certifiedInputs(inputs, crypto.sha512),
    profileName,
  };
  return signCertificate(crypto, layer.key, fields, writer);
}

/** The certificate with which `layer` vouches for a key that only signs. */
export function certifySigningKey(
  crypto: IdentityCrypto,
  layer: DiceLayer,
  publicKey: Uint8Array,
  writer: CertificateWriter = cborCertificate,
): Uint8Array {
  const fields: CertificateFields = {
    issuerKey: layer.key.publicKey,
    subjectKey: publicKey,
    usage: "sign",
    inputs: undefined,
    profileName: undefined,
  };
  return signCertificate(crypto, layer.key, fields, writer);
}

/** The identity key's certificate for itself: how a device shows its public identity before anyone has endorsed it. */
export function certifyIdentity(
  crypto: IdentityCrypto,
  identity: DiceLayer,
  writer: CertificateWriter = cborCertificate,
): Uint8Array {
  const { publicKey } = identity.key;
  const fields: CertificateFields = {
    issuerKey: publicKey,
    subjectKey: publicKey,
    usage: "certify",
    inputs: undefined,
    profileName: undefined,
  };
  return signCertificate(crypto, identity.key, fields, writer);
}

function signCertificate(
  crypto: IdentityCrypto,
  issuer: SigningKey,
  fields: CertificateFields,
  writer: CertificateWriter,
): Uint8Array {
  return writer(fields, crypto, (digest) => issuer.signDigest(digest));
}
