/** Capability files on a host: made with a key file, and read by the device's own code. */
import type { Capability } from "../../protocol/capability/capability.ts";
import { decodeCapability } from "../../protocol/capability/capability.ts";
import { CapabilityError } from "../../protocol/capability/errors.ts";
import { CAPABILITY_FILE_LIMIT, SIGNED_CONTEXT } from "../../protocol/capability/file.ts";
import { signCapability } from "../../protocol/capability/sign.ts";
import { CborError } from "../../protocol/cbor/errors.ts";
import { CoseError } from "../../protocol/cose/errors.ts";
import { type Es256Crypto, es256Signer } from "../../protocol/cose/es256.ts";
import { ALGORITHM_ES256, HEADER_KEY_ID } from "../../protocol/cose/headers.ts";
import { verifySign1 } from "../../protocol/cose/sign1.ts";
import { asciiBytes } from "../../protocol/dice/key-derivation.ts";
import { rawSignatureFromDer } from "../../protocol/image/ecdsa-signature.ts";
import { hostIdentityPrimitives } from "../identity/crypto.ts";
import { signDigest } from "../image/crypto.ts";
import { KeyError } from "../keys/errors.ts";
import { type ImageKey, requireKeyFor } from "../keys/key-file.ts";

/** The primitives of capability files. */
export const hostEs256: Es256Crypto = hostIdentityPrimitives;

/**
 * Makes a capability file. The same content and key give the same bytes.
 * @throws CapabilityError `field`, `grant-unknown`; KeyError `key-purpose` for a key that is for something else,
 * `key-algorithm`, `key-not-private`
 */
export function makeCapabilityFile(capability: Capability, key: ImageKey): Uint8Array {
  requireCapabilityKey(key);
  const sign = (digest: Uint8Array) => rawSignatureFromDer(signDigest(digest, key).signature) as Uint8Array;
  return signCapability(capability, key.keyHash, es256Signer(hostEs256, sign));
}

/** @throws KeyError `key-purpose`, `key-algorithm` for a key that no capability file can be signed with */
export function requireCapabilityKey(key: ImageKey): void {
  requireKeyFor(key, ["capability"]);
  const { algorithm } = key.publicKey;
  if (algorithm !== "ecdsa-p256") throw new KeyError("key-algorithm", "EC P-256", algorithm, key.path);
}

/** What a file says, whoever signed it. */
export interface UnverifiedCapability {
  readonly capability: Capability;
  /** The key that it names. */
  readonly keyHash: Uint8Array;
}

/**
 * Reads a file without looking at its signature: to show it, never to act on it.
 * @throws CapabilityError `format`, `field`, `grant-unknown`
 */
export function readUnverified(file: Uint8Array): UnverifiedCapability {
  try {
    const believer = { algorithm: ALGORITHM_ES256, verify: () => true };
    const { payload, protectedHeader } = verifySign1(file, believer, {
      allowUnprotected: false,
      byteLength: CAPABILITY_FILE_LIMIT,
      external: asciiBytes(SIGNED_CONTEXT),
    });
    const keyHash = protectedHeader.get(HEADER_KEY_ID);
    if (!(keyHash instanceof Uint8Array)) throw new CapabilityError("format", "a key hash", "none");
    return { capability: decodeCapability(payload), keyHash };
  } catch (error) {
    if (!(error instanceof CoseError || error instanceof CborError)) throw error;
    throw new CapabilityError("format", "a capability file", error.message);
  }
}
