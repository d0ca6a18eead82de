/** Capability files on a host: signed with a key file, verified by the device's own code. */
import { createHash } from "node:crypto";
import type { Capability } from "../../protocol/capability/capability.ts";
import { signCapability } from "../../protocol/capability/sign.ts";
import type { Es256Crypto } from "../../protocol/cose/es256.ts";
import { es256Signer } from "../../protocol/cose/es256.ts";
import { rawSignatureFromDer } from "../../protocol/image/ecdsa-signature.ts";
import { hostImageCrypto, signDigest } from "../image/crypto.ts";
import { KeyError } from "../keys/errors.ts";
import type { ImageKey } from "../keys/key-file.ts";

/** The primitives of capability files. */
export const hostEs256: Es256Crypto = Object.freeze({
  sha256: (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest()),
  verifyP256: hostImageCrypto.verifyP256,
});

/**
 * Makes a capability file. The same content and key give the same bytes.
 * @throws CapabilityError `field`, `grant-unknown`; KeyError `key-purpose` for a key that is for something else,
 * `key-algorithm`, `key-not-private`
 */
export function makeCapabilityFile(capability: Capability, key: ImageKey): Uint8Array {
  if (key.purpose !== undefined && key.purpose !== "capability") {
    throw new KeyError("key-purpose", "a key for capability files", `one for ${key.purpose}`, key.path);
  }
  const { algorithm } = key.publicKey;
  if (algorithm !== "ecdsa-p256") throw new KeyError("key-algorithm", "EC P-256", algorithm, key.path);
  const signer = es256Signer(
    hostEs256,
    (digest) => rawSignatureFromDer(signDigest(digest, key).signature) as Uint8Array,
  );
  return signCapability(capability, key.keyHash, signer);
}
