/** ES256 (RFC 9053, section 2.1): SHA-256 and ECDSA on P-256, over primitives that a board or Node provides. */
import { ALGORITHM_ES256 } from "./headers.ts";
import type { CoseSigner, CoseVerifier } from "./sign1.ts";

/** The primitives that a verifier needs. */
export interface Es256Crypto {
  /** 32 bytes. Passed on without its object. */
  readonly sha256: (data: Uint8Array) => Uint8Array;
  /**
   * ECDSA over a digest of 32 bytes.
   * @param publicKey 65 bytes, `04 || x || y`.
   * @param signature 64 bytes, `r || s`.
   * @returns false for a signature or key that is no valid one; it does not throw.
   */
  verifyP256(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}

/** A verifier with one P-256 public key of 65 bytes. */
export function es256Verifier(crypto: Es256Crypto, publicKey: Uint8Array): CoseVerifier {
  return {
    algorithm: ALGORITHM_ES256,
    verify: (message, signature) => crypto.verifyP256(publicKey, crypto.sha256(message), signature),
  };
}

/** A signer whose key stays behind `signDigest`, which signs 32 bytes and gives 64, `r || s`. */
export function es256Signer(
  crypto: Pick<Es256Crypto, "sha256">,
  signDigest: (digest: Uint8Array) => Uint8Array,
): CoseSigner {
  return { algorithm: ALGORITHM_ES256, sign: (message) => signDigest(crypto.sha256(message)) };
}
