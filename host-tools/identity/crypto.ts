/** The identity crypto on a host: the TypeScript of the boards over hashes of node:crypto and the curve of @noble/curves. */
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import {
  type IdentityPrimitives,
  type SealingPrimitives,
  SoftwareIdentityCrypto,
} from "../../bootloader/identity/software-crypto.ts";
import { hostImageCrypto } from "../image/crypto.ts";

/** HMAC of parts, as `Mac` has it. */
function hmac(hash: "sha256" | "sha512", key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
}

/**
 * The primitives that a board computes natively. Their time depends on their arguments: they are for tests, and for devices that
 * are files on this host anyway.
 */
export const hostIdentityPrimitives: IdentityPrimitives = Object.freeze({
  sha256: (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest()),
  sha512: (data: Uint8Array) => new Uint8Array(createHash("sha512").update(data).digest()),
  hmacSha256: (key: Uint8Array, ...parts: readonly Uint8Array[]) => hmac("sha256", key, parts),
  hmacSha512: (key: Uint8Array, ...parts: readonly Uint8Array[]) => hmac("sha512", key, parts),
  verifyP256: hostImageCrypto.verifyP256,
  p256PublicKey: (privateKey: Uint8Array) => p256.getPublicKey(privateKey, false),
  p256SignWithNonce(privateKey: Uint8Array, nonce: Uint8Array, digest: Uint8Array): Uint8Array {
    // FIPS 186-5, section 6.4.1: r = x(kG) mod n, s = (e + r d) / k mod n.
    const { Fn, BASE } = p256.Point;
    const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
    const k = number(nonce);
    const r = Fn.create(BASE.multiply(k).toAffine().x);
    const s = Fn.mul(Fn.inv(k), Fn.add(Fn.create(number(digest)), Fn.mul(r, number(privateKey))));
    return new Uint8Array([...Fn.toBytes(r), ...Fn.toBytes(s)]);
  },
});

const AEAD = "chacha20-poly1305";
const TAG_BYTE_LENGTH = 16;

/** The sealing that a board computes natively. */
export const hostSealingPrimitives: SealingPrimitives = Object.freeze({
  aeadSeal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array {
    const cipher = createCipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTE_LENGTH });
    cipher.setAAD(associated, { plaintextLength: plain.length });
    return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
  },
  aeadOpen(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const length = sealed.length - TAG_BYTE_LENGTH;
    const decipher = createDecipheriv(AEAD, key, nonce, { authTagLength: TAG_BYTE_LENGTH });
    decipher.setAAD(associated, { plaintextLength: length });
    decipher.setAuthTag(sealed.subarray(length));
    const plain = decipher.update(sealed.subarray(0, length));
    try {
      return new Uint8Array(Buffer.concat([plain, decipher.final()]));
    } catch {
      return undefined;
    }
  },
});

/** Identity crypto for tests and host tools. */
export function hostIdentityCrypto(): SoftwareIdentityCrypto {
  return new SoftwareIdentityCrypto(hostIdentityPrimitives);
}
