/** Verifies a capability file for one device: what it says is returned only when every check has passed. */
import { CborError } from "../cbor/errors.ts";
import { CoseError } from "../cose/errors.ts";
import { type Es256Crypto, es256Verifier } from "../cose/es256.ts";
import { verifySign1 } from "../cose/sign1.ts";
import { asciiBytes } from "../dice/key-derivation.ts";
import { equalBytes, fromHex, toHex } from "../image/bytes.ts";
import type { TrustedKey } from "../image/public-key.ts";
import { type Capability, decodeCapability } from "./capability.ts";
import { CapabilityError } from "./errors.ts";
import { CAPABILITY_FILE_LIMIT, FILE_PREFIX, KEY_HASH_BYTE_LENGTH, SIGNED_CONTEXT } from "./file.ts";

/** What a device knows when a file is presented. */
export interface CapabilityContext {
  /** 32 bytes, the device's own. */
  readonly deviceId: Uint8Array;
  /** Keys for capability files, and for nothing else. */
  readonly keys: readonly TrustedKey[];
  readonly crypto: Es256Crypto;
  /** The lowest sequence that was neither replaced nor revoked. */
  readonly minimumSequence: number;
  /** This boot, by the device's count. */
  readonly bootCount: number;
}

/**
 * Verifies a file of a stranger.
 * @throws CapabilityError with the code of the first check that failed; nothing else
 */
export function verifyCapability(file: Uint8Array, context: CapabilityContext): Capability {
  const key = signingKey(file, context.keys);
  const capability = decodeVerified(file, key, context.crypto);
  const { deviceId, sequence, notAfterBoot } = capability;
  if (!equalBytes(deviceId, context.deviceId)) {
    throw new CapabilityError("device-mismatch", `device ${toHex(context.deviceId)}`, toHex(deviceId));
  }
  if (sequence < context.minimumSequence) {
    throw new CapabilityError("sequence-old", `a sequence of ${context.minimumSequence} or higher`, `${sequence}`);
  }
  if (notAfterBoot !== undefined && context.bootCount > notAfterBoot) {
    throw new CapabilityError("expired", `a boot up to ${notAfterBoot}`, `boot ${context.bootCount}`);
  }
  return capability;
}

/** The public key that the file names, 65 bytes. */
function signingKey(file: Uint8Array, keys: readonly TrustedKey[]): Uint8Array {
  if (file.length > CAPABILITY_FILE_LIMIT) {
    throw new CapabilityError("format", `at most ${CAPABILITY_FILE_LIMIT} bytes`, `${file.length}`);
  }
  const prefix = fromHex(FILE_PREFIX);
  const end = prefix.length + KEY_HASH_BYTE_LENGTH;
  if (file.length < end || !equalBytes(file.subarray(0, prefix.length), prefix)) {
    throw new CapabilityError(
      "format",
      `a file that begins with ${FILE_PREFIX}`,
      `${toHex(file.subarray(0, prefix.length))}`,
    );
  }
  const keyHash = file.subarray(prefix.length, end);
  let found: TrustedKey | undefined;
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as TrustedKey;
    if (!equalBytes(key.keyHash, keyHash)) continue;
    // If a list names a key twice, revocation wins.
    if (key.revoked) throw new CapabilityError("key-revoked", "a trusted key", `${toHex(keyHash)}, revoked`);
    found = key;
  }
  if (found === undefined || found.publicKey.algorithm !== "ecdsa-p256") {
    throw new CapabilityError("key-unknown", "a P-256 key for capability files", toHex(keyHash));
  }
  return found.publicKey.bytes;
}

function decodeVerified(file: Uint8Array, publicKey: Uint8Array, crypto: Es256Crypto): Capability {
  try {
    const { payload } = verifySign1(file, es256Verifier(crypto, publicKey), {
      tag: "required",
      allowUnprotected: false,
      byteLength: CAPABILITY_FILE_LIMIT,
      external: asciiBytes(SIGNED_CONTEXT),
    });
    return decodeCapability(payload);
  } catch (error) {
    if (error instanceof CoseError && error.code === "signature") {
      throw new CapabilityError("signature", "a signature of the key that it names", "another");
    }
    if (!(error instanceof CoseError || error instanceof CborError)) throw error;
    throw new CapabilityError("format", "a COSE_Sign1 of deterministic CBOR", `${error.code}: ${error.message}`);
  }
}
