/** Throw-away signing keys for tests; never written to a file. */
import { generateKeyPairSync } from "node:crypto";
import type { SignatureAlgorithm } from "../../protocol/image/profile.ts";
import { type ImageKey, keyFromPem } from "./key-file.ts";

/** Makes a key in memory. */
export function testKey(algorithm: SignatureAlgorithm): ImageKey {
  const pair =
    algorithm === "ecdsa-p256"
      ? generateKeyPairSync("ec", { namedCurve: "prime256v1" })
      : generateKeyPairSync("ed25519");
  return keyFromPem(pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString(), "(in memory)");
}
