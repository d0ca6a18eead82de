/** Verifies an image as the boot stage does, and says which profile it satisfies. */
import { type VerificationPolicy, type VerifiedImage, verifyImage } from "../../bootloader/verify.ts";
import { ImageError } from "../../protocol/image/errors.ts";
import type { ImageProfile } from "../../protocol/image/profile.ts";
import { hostImageCrypto } from "./crypto.ts";
import { memoryImageSource } from "./source.ts";

/** A profile to ask for; `auto` takes the stricter one that the image satisfies. */
export type ProfileChoice = ImageProfile | "auto";

/** An accepted image. */
export interface ProfileResult {
  readonly image: VerifiedImage;
  /** The profile that it satisfies. */
  readonly profile: ImageProfile;
  /** Why it does not satisfy `holdfast`, when it satisfies `mcuboot` only: a Holdfast device refuses it. */
  readonly holdfastRefusal: ImageError | undefined;
}

/**
 * Verifies an image with the boot stage's own code.
 * @throws ImageError when no profile that was asked for accepts it.
 */
export function verifyWithProfile(
  bytes: Uint8Array,
  policy: Omit<VerificationPolicy, "profile">,
  choice: ProfileChoice,
): ProfileResult {
  const verify = (profile: ImageProfile): VerifiedImage =>
    verifyImage(memoryImageSource(bytes), { ...policy, profile }, hostImageCrypto);
  if (choice !== "auto") return { image: verify(choice), profile: choice, holdfastRefusal: undefined };
  try {
    return { image: verify("holdfast"), profile: "holdfast", holdfastRefusal: undefined };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    // The wider profile's error is the one to report: it names a real fault rather than a missing TLV.
    return { image: verify("mcuboot"), profile: "mcuboot", holdfastRefusal: error };
  }
}
