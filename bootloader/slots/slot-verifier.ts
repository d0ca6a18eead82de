/** The image verifier that slots are decided with on a device: `verifyImage` with the floors that the state sectors hold. */
import { equalBytes } from "../../protocol/image/bytes.ts";
import { ImageError } from "../../protocol/image/errors.ts";
import type { TrustedKey } from "../../protocol/image/public-key.ts";
import type { ImageSource } from "../../protocol/image/source.ts";
import type { SlotName } from "../counters/state-record.ts";
import { type ImageCrypto, type VerificationPolicy, type VerifiedImage, verifyImage } from "../verify.ts";
import type { CheckedImage, ImageFloor, ImageRefusal, ImageVerifier } from "./slot-pair.ts";

/** A key that a build compiled in, and the epoch that it belongs to; confirmed images of a newer epoch revoke it. */
export interface EpochKey {
  readonly key: TrustedKey;
  readonly epoch: number;
}

/** What a slot verifier needs of the board and the build. */
export interface SlotVerifierOptions {
  readonly keys: readonly EpochKey[];
  readonly crypto: ImageCrypto;
  /**
   * The bytes of a slot: where they lie for `install`; where they will run, copied there first if need be, for `start`.
   * Its length is that of the slot without the trailer.
   */
  readonly source: (slot: SlotName, purpose: "install" | "start") => ImageSource;
  /** The rest of the policy. At `install` dependencies are not checked: what is depended on may be uploaded next. */
  readonly policy: (
    slot: SlotName,
  ) => Pick<VerificationPolicy, "vendorId" | "classId" | "installedVersion" | "runAddress">;
}

/** An image that the verifier accepted. */
export interface CheckedSlotImage extends CheckedImage {
  readonly verified: VerifiedImage;
}

/** One verifier for both slots of an image. */
export class SlotVerifier implements ImageVerifier<CheckedSlotImage> {
  readonly #options: SlotVerifierOptions;

  constructor(options: SlotVerifierOptions) {
    this.#options = options;
  }

  verify(slot: SlotName, floor: ImageFloor, purpose: "install" | "start"): CheckedSlotImage | ImageRefusal {
    const { keys, crypto } = this.#options;
    const source = this.#options.source(slot, purpose);
    const { vendorId, classId, installedVersion, runAddress } = this.#options.policy(slot);
    const policy: VerificationPolicy = {
      profile: "holdfast",
      keys: keys.map(({ key, epoch }) => ({ ...key, revoked: key.revoked || epoch < floor.keyEpoch })),
      minimumCounter: floor.securityCounter,
      vendorId,
      classId,
      slotByteLength: source.byteLength,
      installedVersion: purpose === "install" ? "any" : installedVersion,
      bootable: true,
      runAddress,
    };
    try {
      return checked(verifyImage(source, policy, crypto), keys);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return { refused: error.code, isWaiting: error.code === "dependency-unmet" };
    }
  }
}

function checked(verified: VerifiedImage, keys: readonly EpochKey[]): CheckedSlotImage {
  return {
    version: verified.header.version,
    // The profile refuses an image without a counter.
    securityCounter: verified.securityCounter ?? 0,
    keyEpoch: epochOf(verified.key, keys),
    imageByteLength: verified.imageByteLength,
    verified,
  };
}

/** A key that a build names in two epochs counts in the lower. */
function epochOf({ keyHash }: TrustedKey, keys: readonly EpochKey[]): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const { key, epoch } of keys) if (equalBytes(key.keyHash, keyHash)) lowest = Math.min(lowest, epoch);
  return lowest;
}
