/** The key that signs benchmark images: known to everyone, so that the same sources give the same bytes on every machine. */
import { createHash, createPrivateKey } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { type ImageKey, keyFromPem } from "../keys/key-file.ts";

/** No product and no test of trust may use this key: only boot stages below build/bench trust it. */
export function benchKey(): ImageKey {
  const secret = createHash("sha256").update("holdfast: benchmark images only").digest();
  const point = p256.getPublicKey(secret, false);
  const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const jwk = {
    kty: "EC",
    crv: "P-256",
    d: base64url(secret),
    x: base64url(point.subarray(1, 33)),
    y: base64url(point.subarray(33)),
  };
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return keyFromPem(key.export({ format: "pem", type: "pkcs8" }).toString(), "(benchmark key)");
}
