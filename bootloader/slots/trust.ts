/** What a stage trusts in the image that it starts, from the text that the build compiled in. */
import { fromHex } from "../../protocol/image/bytes.ts";
import { type TrustedKeyText, trustedKeyFromText } from "../../protocol/image/public-key.ts";
import type { SlotName } from "../counters/state-record.ts";
import type { EpochKey } from "./slot-verifier.ts";

/** The trust anchors of a stage as the build writes them. */
export interface TrustText {
  readonly keys: readonly TrustedKeyText[];
  /** 16 bytes as hexadecimal. */
  readonly vendorId: string;
  readonly classId: string;
  /** Address of the image's header where it runs, by its slot. */
  readonly runAddress: Readonly<Record<SlotName, number>>;
}

/** The same, ready for a verifier. */
export interface Trust {
  readonly keys: readonly EpochKey[];
  /** 16 bytes each. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  readonly runAddress: Readonly<Record<SlotName, number>>;
}

/** @throws RangeError for text that is no key */
export function trustFromText({ keys, vendorId, classId, runAddress }: TrustText): Trust {
  return {
    keys: keys.map((text) => ({ key: trustedKeyFromText(text), epoch: text.epoch })),
    vendorId: fromHex(vendorId),
    classId: fromHex(classId),
    runAddress,
  };
}
