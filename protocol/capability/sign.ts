/** Makes capability files; what only tools do. */
import { CborMap } from "../cbor/values.ts";
import { HEADER_KEY_ID } from "../cose/headers.ts";
import { type CoseSigner, signSign1 } from "../cose/sign1.ts";
import { asciiBytes } from "../dice/key-derivation.ts";
import { type Capability, encodeCapability } from "./capability.ts";
import { SIGNED_CONTEXT } from "./file.ts";

/**
 * Signs a capability.
 * @param keyHash SHA-256 of the signing key's SubjectPublicKeyInfo, 32 bytes
 * @throws CapabilityError `field`, `grant-unknown`
 */
export function signCapability(capability: Capability, keyHash: Uint8Array, signer: CoseSigner): Uint8Array {
  const protectedHeader = new CborMap([[HEADER_KEY_ID, keyHash]]);
  const payload = encodeCapability(capability);
  return signSign1({ payload, protectedHeader, external: asciiBytes(SIGNED_CONTEXT) }, signer);
}
