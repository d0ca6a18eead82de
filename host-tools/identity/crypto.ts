/** The identity crypto on a host: the TypeScript of the boards over hashes of node:crypto and the curve of @noble/curves. */
import { createHash } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { type IdentityPrimitives, SoftwareIdentityCrypto } from "../../bootloader/identity/software-crypto.ts";
import { hostImageCrypto } from "../image/crypto.ts";

/**
 * The primitives that a board computes natively. Their time depends on their arguments: they are for tests, and for devices that
 * are files on this host anyway.
 */
export const hostIdentityPrimitives: IdentityPrimitives = Object.freeze({
  sha256: (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest()),
  sha512: (data: Uint8Array) => new Uint8Array(createHash("sha512").update(data).digest()),
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

/** Identity crypto for tests and host tools. */
export function hostIdentityCrypto(): SoftwareIdentityCrypto {
  return new SoftwareIdentityCrypto(hostIdentityPrimitives);
}
