/** Verifies a chain of CBOR certificates from a device's identity key to the key that signs its evidence. */
import { type Es256Crypto, es256Verifier } from "../cose/es256.ts";
import { verifySign1 } from "../cose/sign1.ts";
import { equalBytes } from "../image/bytes.ts";
import { type CwtCertificate, decodeCwtPayload } from "./cwt-reader.ts";
import { DiceError } from "./errors.ts";
import { keyIdText } from "./identifiers.ts";
import type { CertifiedInputs, Sha512 } from "./inputs.ts";

/** Layers of a device and a signing key: what bounds the work that a stranger's chain can cause. */
export const CHAIN_LIMIT = 4;
/** Largest certificate in bytes; ours are below 800. */
const CERTIFICATE_BYTE_LIMIT = 1536;

/** The primitives that verifying a chain needs. */
export interface ChainCrypto extends Es256Crypto {
  /** 64 bytes. */
  readonly sha512: Sha512;
}

/** A layer of a verified chain. */
export interface VerifiedLayer {
  /** 65 bytes. */
  readonly key: Uint8Array;
  readonly inputs: CertifiedInputs;
  readonly profileName: string | undefined;
}

/** What a verified chain says. */
export interface VerifiedChain {
  /** From the first measured layer to the last. */
  readonly layers: readonly VerifiedLayer[];
  /** The key that the last layer certified for signing, 65 bytes. */
  readonly signingKey: Uint8Array;
}

/**
 * Verifies that each certificate is signed by the key of the one before it, beginning with `identityKey`; that all but the last
 * certify measured layers; that the last names a key which may only sign; and that what descriptors say is what was measured.
 * @param identityKey 65 bytes, from the device's enrolment and not from the device itself.
 * @throws DiceError, CoseError or CborError.
 */
export function verifyChain(
  certificates: readonly Uint8Array[],
  identityKey: Uint8Array,
  crypto: ChainCrypto,
): VerifiedChain {
  if (certificates.length < 2 || certificates.length > CHAIN_LIMIT) {
    throw new DiceError("chain-length", `2 to ${CHAIN_LIMIT} certificates`, `${certificates.length}`);
  }
  const layers: VerifiedLayer[] = [];
  let issuerKey = identityKey;
  const last = certificates.length - 1;
  for (let index = 0; index < last; index++) {
    const certificate = verifyOne(certificates[index] as Uint8Array, issuerKey, crypto);
    const { usage, inputs, subjectKey, profileName } = certificate;
    if (usage !== "certify" || inputs === undefined) {
      throw new DiceError("chain-usage", `a measured layer as certificate ${index}`, "another certificate");
    }
    checkDescriptors(inputs, crypto.sha512);
    layers.push({ key: subjectKey, inputs, profileName });
    issuerKey = subjectKey;
  }
  const leaf = verifyOne(certificates[last] as Uint8Array, issuerKey, crypto);
  if (leaf.usage !== "sign" || leaf.inputs !== undefined) {
    throw new DiceError("chain-usage", "a signing key at the end", "another certificate");
  }
  return { layers, signingKey: leaf.subjectKey };
}

function verifyOne(bytes: Uint8Array, issuerKey: Uint8Array, crypto: ChainCrypto): CwtCertificate {
  const { payload } = verifySign1(bytes, es256Verifier(crypto, issuerKey), {
    tag: "forbidden",
    allowUnprotected: false,
    byteLength: CERTIFICATE_BYTE_LIMIT,
  });
  const certificate = decodeCwtPayload(payload);
  const issuer = keyIdText(issuerKey, crypto.sha512);
  if (certificate.issuer !== issuer) throw new DiceError("chain-issuer", issuer, certificate.issuer);
  const subject = keyIdText(certificate.subjectKey, crypto.sha512);
  if (certificate.subject !== subject) throw new DiceError("chain-subject", subject, certificate.subject);
  return certificate;
}

/** The profile: a configuration hash is the SHA-512 of its descriptor. Ours: so are code and authority, where described. */
function checkDescriptors(inputs: CertifiedInputs, sha512: Sha512): void {
  const pairs: readonly [string, Uint8Array | undefined, Uint8Array | undefined][] = [
    ["code", inputs.codeHash, inputs.codeDescriptor],
    ["configuration", inputs.configurationHash, inputs.configurationDescriptor],
    ["authority", inputs.authorityHash, inputs.authorityDescriptor],
  ];
  for (const [name, hash, descriptor] of pairs) {
    if (hash === undefined || descriptor === undefined) continue;
    if (!equalBytes(sha512(descriptor), hash)) {
      throw new DiceError("descriptor", `the SHA-512 of the ${name} descriptor`, "another hash");
    }
  }
}
