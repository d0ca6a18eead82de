/** The counters of the state sectors by name: security versions, key epochs, and how often each slot was erased. */
import type { SlotName } from "./state-record.ts";

/** Number of the image that decides about all others; the boot ROM starts it. */
export const ROOT_OF_TRUST_IMAGE = 0;
/** Number of the image that the root of trust starts. */
export const RUNTIME_IMAGE = 1;

/** An image's number, as DEPENDENCY names it. */
export type ImageNumber = typeof ROOT_OF_TRUST_IMAGE | typeof RUNTIME_IMAGE;

/** The counter that an image's SEC_CNT must reach. */
export function securityCounter(image: ImageNumber): number {
  return image;
}

/** The counter that the epoch of an image's key must reach. */
export function keyEpochCounter(image: ImageNumber): number {
  return 2 + image;
}

/**
 * The counter that is raised before a slot's first block is erased and again after its last: odd while the contents are not to be
 * trusted, whatever they read as.
 */
export function eraseCounter(image: ImageNumber, slot: SlotName): number {
  return 4 + 2 * image + (slot === "a" ? 0 : 1);
}
