/** Makes a signed image from a payload. */
import { createHash } from "node:crypto";
import { hexNumber } from "../../protocol/image/bytes.ts";
import { ImageError } from "../../protocol/image/errors.ts";
import { attachSignatures, type ImageDescription, prepareImage } from "../../protocol/image/image.ts";
import type { ImageKey } from "../keys/key-file.ts";
import { signDigest } from "./crypto.ts";

/** A signed image and what names it. */
export interface SignedImage {
  readonly bytes: Uint8Array;
  /** SHA-256 of the signed region, 32 bytes. */
  readonly digest: Uint8Array;
  readonly signedByteLength: number;
}

/**
 * Makes an image and signs it with each key in turn; the boot record names the first as its signer.
 * The same inputs give the same bytes.
 * @param slotByteLength when given, the largest image in bytes.
 * @throws ImageError `build-value`, `image-sizes`, or `slot-bounds` when the image is too large for its slot.
 * @throws KeyError `key-not-private`.
 */
export function signImage(
  description: Omit<ImageDescription, "signer">,
  keys: readonly ImageKey[],
  slotByteLength?: number,
): SignedImage {
  const first = keys[0];
  if (first === undefined) throw new ImageError("build-value", "a key to sign with", "none");
  const region = prepareImage({ ...description, signer: first.keyHash });
  const digest = new Uint8Array(createHash("sha256").update(region).digest());
  const bytes = attachSignatures(
    region,
    digest,
    keys.map((key) => signDigest(digest, key)),
  );
  if (slotByteLength !== undefined && bytes.length > slotByteLength) {
    const expected = `image within its slot of ${hexNumber(slotByteLength)} bytes`;
    throw new ImageError("slot-bounds", expected, hexNumber(bytes.length));
  }
  return { bytes, digest, signedByteLength: region.length };
}
