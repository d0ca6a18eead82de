/** Capability files signed in two steps: the digest goes to where the key is, a signature comes back and is put in its place. */
import type { Capability } from "../../protocol/capability/capability.ts";
import { CapabilityError } from "../../protocol/capability/errors.ts";
import { signCapability } from "../../protocol/capability/sign.ts";
import { es256Signer } from "../../protocol/cose/es256.ts";
import { equalBytes, toHex } from "../../protocol/image/bytes.ts";
import { RAW_SIGNATURE_BYTE_LENGTH, rawSignatureFromDer } from "../../protocol/image/ecdsa-signature.ts";
import { ImageError } from "../../protocol/image/errors.ts";
import { verifiedSignature } from "../image/offline.ts";
import type { ImageKey } from "../keys/key-file.ts";
import { hostEs256, readUnverified, requireCapabilityKey } from "./capability-file.ts";

/**
 * Makes a file that is still to be signed: complete but for its signature, which is zeros.
 * @param key the signer's; only its public half is used
 * @throws CapabilityError, KeyError as `makeCapabilityFile`
 */
export function unsignedCapability(capability: Capability, key: ImageKey): Uint8Array {
  requireCapabilityKey(key);
  return signCapability(capability, key.keyHash, es256Signer(hostEs256, unsigned));
}

/** What the key is to sign: 32 bytes. @throws CapabilityError for bytes that are no capability file */
export function capabilityDigest(file: Uint8Array): Uint8Array {
  const { capability, keyHash } = readUnverified(file);
  let found = new Uint8Array(0);
  const observe = (digest: Uint8Array): Uint8Array => {
    found = Uint8Array.from(digest);
    return unsigned();
  };
  signCapability(capability, keyHash, es256Signer(hostEs256, observe));
  return found;
}

/**
 * Puts a signature that was made elsewhere in its place.
 * @param signature DER, or the 64 bytes `r || s`
 * @throws CapabilityError `key-unknown` for another key than the file names, `signature`
 */
export function attachCapabilitySignature(file: Uint8Array, signature: Uint8Array, key: ImageKey): Uint8Array {
  requireCapabilityKey(key);
  const { capability, keyHash } = readUnverified(file);
  if (!equalBytes(keyHash, key.keyHash))
    throw new CapabilityError("key-unknown", `the key that the file names, ${toHex(keyHash)}`, toHex(key.keyHash));
  return signCapability(
    capability,
    keyHash,
    es256Signer(hostEs256, (digest) => rawSignature(signature, digest, key)),
  );
}

function rawSignature(signature: Uint8Array, digest: Uint8Array, key: ImageKey): Uint8Array {
  try {
    return rawSignatureFromDer(verifiedSignature(signature, digest, key).signature) ?? unsigned();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new CapabilityError("signature", error.expected, error.found);
  }
}

function unsigned(): Uint8Array {
  return new Uint8Array(RAW_SIGNATURE_BYTE_LENGTH);
}
