/** The identity crypto of a board: the TypeScript of `SoftwareIdentityCrypto` over `native:crypto` and `native:signing`. */
import { sha256, verifyP256 } from "native:crypto";
import { aeadOpen, aeadSeal, hmacSha256, hmacSha512, p256PublicKey, p256Sign, sha512 } from "native:signing";
import {
  FirstStageCrypto,
  type IdentityPrimitives,
  type SealingPrimitives,
  SoftwareIdentityCrypto,
  SoftwareSealingCrypto,
} from "./software-crypto.ts";

/** What the board computes in C. The views share the natives' results: there is no second copy of a secret. */
export const nativeIdentityPrimitives: IdentityPrimitives = Object.freeze({
  sha256: (data: Uint8Array) => new Uint8Array(sha256(data)),
  sha512: (data: Uint8Array) => new Uint8Array(sha512(data)),
  hmacSha256: (key: Uint8Array, ...parts: readonly Uint8Array[]) => new Uint8Array(hmacSha256(key, ...parts)),
  hmacSha512: (key: Uint8Array, ...parts: readonly Uint8Array[]) => new Uint8Array(hmacSha512(key, ...parts)),
  verifyP256,
  p256PublicKey: (privateKey: Uint8Array) => new Uint8Array(p256PublicKey(privateKey)),
  p256SignWithNonce: (privateKey: Uint8Array, nonce: Uint8Array, digest: Uint8Array) =>
    new Uint8Array(p256Sign(privateKey, nonce, digest)),
});

/** The cipher of sealed data. */
export const nativeSealingPrimitives: SealingPrimitives = Object.freeze({
  aeadSeal: (key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array) =>
    new Uint8Array(aeadSeal(key, nonce, associated, plain)),
  aeadOpen(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array) {
    const plain = aeadOpen(key, nonce, associated, sealed);
    return plain === undefined ? undefined : new Uint8Array(plain);
  },
});

/** For the root of trust: secrets go in and never come out. */
export function nativeIdentityCrypto(): SoftwareIdentityCrypto {
  return new SoftwareIdentityCrypto(nativeIdentityPrimitives);
}

/** For the first stage, which moves its layer's secrets to the root of trust. */
export function nativeFirstStageCrypto(): FirstStageCrypto {
  return new FirstStageCrypto(nativeIdentityPrimitives);
}

/** For the root of trust: seals with the secrets of {@link nativeIdentityCrypto}. */
export function nativeSealingCrypto(): SoftwareSealingCrypto {
  return new SoftwareSealingCrypto(nativeSealingPrimitives);
}
