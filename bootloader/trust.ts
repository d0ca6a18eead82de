/** What the boot stage trusts, from the text that the build compiled in. */
import { fromHex } from "../protocol/image/bytes.ts";
import { publicKeyFromSpki, type TrustedKeyText } from "../protocol/image/public-key.ts";
import type { VerificationPolicy } from "./verify.ts";

/** The trust anchors of a boot stage as the build writes them. */
export interface TrustConfig {
  readonly keys: readonly TrustedKeyText[];
  /** 16 bytes as hexadecimal. */
  readonly vendorId: string;
  readonly classId: string;
  /** Address of the image's header where it runs. */
  readonly runAddress: number;
}

/** Counters, dependencies and revocation state come with the slot logic; until then their floors are the lowest. */
const LOWEST_COUNTER = 0;

/** The policy for the runtime image in a slot of `slotByteLength` bytes. @throws RangeError for text that is no key. */
export function trustPolicy(trust: TrustConfig, slotByteLength: number): VerificationPolicy {
  return {
    profile: "holdfast",
    keys: trust.keys.map(({ spki, keyHash, revoked }) => ({
      publicKey: publicKeyFromSpki(fromHex(spki)),
      keyHash: fromHex(keyHash),
      revoked,
    })),
    minimumCounter: LOWEST_COUNTER,
    vendorId: fromHex(trust.vendorId),
    classId: fromHex(trust.classId),
    slotByteLength,
    installedVersion: () => undefined,
    bootable: true,
    runAddress: trust.runAddress,
  };
}
