/** The public-key operations of images on a host; both signature algorithms are deterministic. */
import { createPublicKey, sign, verify } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import type { ImageCrypto } from "../../bootloader/verify.ts";
import type { ImageSignature } from "../../protocol/image/image.ts";
import { spkiFromPublicKey } from "../../protocol/image/public-key.ts";
import { KeyError } from "../keys/errors.ts";
import type { ImageKey } from "../keys/key-file.ts";

/** Signatures are over a digest that is given, and MCUboot does not ask for the lower of the two values of `s`. */
const P256_OPTIONS = { prehash: false, lowS: false } as const;

/** Verifies with @noble/curves (node:crypto cannot verify ECDSA over a ready digest) and node:crypto (Ed25519). */
export const hostImageCrypto: ImageCrypto = Object.freeze({
  verifyP256(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
    try {
      return p256.verify(signature, digest, publicKey, { ...P256_OPTIONS, format: "compact" });
    } catch {
      // The library throws for numbers out of range and points off the curve.
      return false;
    }
  },
  verifyEd25519(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
    try {
      const spki = Buffer.from(spkiFromPublicKey({ algorithm: "ed25519", bytes: publicKey }));
      return verify(null, digest, createPublicKey({ key: spki, format: "der", type: "spki" }), signature);
    } catch {
      return false;
    }
  },
});

/**
 * Signs an image's digest. ECDSA takes its nonce from RFC 6979, so that the same image and key give the same bytes.
 * @param digest SHA-256 of the signed region, 32 bytes.
 * @throws KeyError `key-not-private`.
 */
export function signDigest(digest: Uint8Array, key: ImageKey): ImageSignature {
  const privateKey = key.privateKey;
  if (privateKey === undefined) throw new KeyError("key-not-private", "a private key", "a public key", key.path);
  const { algorithm } = key.publicKey;
  if (algorithm === "ed25519") {
    return { keyHash: key.keyHash, algorithm, signature: new Uint8Array(sign(null, digest, privateKey)) };
  }
  const secret = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
  try {
    const signature = p256.sign(digest, new Uint8Array(secret), {
      ...P256_OPTIONS,
      format: "der",
      extraEntropy: false,
    });
    return { keyHash: key.keyHash, algorithm, signature };
  } finally {
    secret.fill(0);
  }
}
