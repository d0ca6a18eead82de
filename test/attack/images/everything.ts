/** All attacks on images in one module, which a weakened twin is bundled from. */
import { fuzzTlvAreas } from "./tlv-fuzz.ts";
import type { TrialResult } from "./trials.ts";

export { foreignKeys } from "./foreign-keys.ts";
export { everySignedByte, pairwiseOrder, singleDefects } from "./trials.ts";

/** As many mutations as show every weakening. */
export function fuzz(): TrialResult {
  return fuzzTlvAreas(1, 30_000);
}
