/** The slots of an image as they lie in the board's flash, with the verifier of what is in them. */
import { loadImage } from "native:memory";
import config from "mc/config";
import type { PartitionConfig } from "../../hal/boards/config.d.ts";
import type { ImageVersion } from "../../protocol/image/version.ts";
import { ROOT_OF_TRUST_IMAGE, RUNTIME_IMAGE } from "../counters/counter-names.ts";
import type { SlotName } from "../counters/state-record.ts";
import { BootFlash } from "../flash/boot-flash.ts";
import { nativeImageCrypto, regionSource } from "../native-crypto.ts";
import { Slot } from "../slots/slot.ts";
import type { SlotPair } from "../slots/slot-pair.ts";
import { SlotVerifier } from "../slots/slot-verifier.ts";
import { type Trust, type TrustText, trustFromText } from "../slots/trust.ts";

const PARTITIONS: Readonly<Record<string, PartitionConfig>> = config.board.partitions;
const TRUST: Readonly<Partial<Record<StagedRole, TrustText>>> = config.trust;

/** Whose image. */
export type StagedRole = "root" | "runtime";

/** One kind of image: where it is, and what of it may run. */
export interface BoardSlots {
  readonly pair: SlotPair;
  readonly verifier: SlotVerifier;
  readonly trust: Trust;
}

/**
 * @param installed answers the version of another image that runs, or undefined; `any` where none runs yet: what an image asks of
 *   those that it starts is for itself to enforce
 * @throws RangeError when the build compiled no trust or no partitions for the role into this stage
 */
export function openBoardSlots(
  role: StagedRole,
  installed: ((image: number) => ImageVersion | undefined) | "any",
): BoardSlots {
  const trust = trustFromText(textOf(role));
  const image = role === "root" ? ROOT_OF_TRUST_IMAGE : RUNTIME_IMAGE;
  const pair: SlotPair = { image, a: openSlot(role, "a"), b: openSlot(role, "b") };
  const verifier = new SlotVerifier({
    keys: trust.keys,
    crypto: nativeImageCrypto,
    source: (slot, purpose) => {
      const { base } = partitionOf(`${role}-${slot}`);
      const byteLength = pair[slot].layout.start;
      // Before a start only the copy counts, where a board makes one: what is verified is what runs.
      return regionSource(purpose === "start" ? loadImage(base, byteLength) : base, byteLength);
    },
    policy: (slot) => ({
      vendorId: trust.vendorId,
      classId: trust.classId,
      installedVersion: installed,
      runAddress: trust.runAddress[slot],
    }),
  });
  return { pair, verifier, trust };
}

function openSlot(role: StagedRole, slot: SlotName): Slot {
  return new Slot(openPartition(`${role}-${slot}`));
}

/** A partition of the board's flash. @throws RangeError when this stage has none of that name */
export function openPartition(name: string): BootFlash {
  return new BootFlash(partitionOf(name));
}

function partitionOf(name: string): PartitionConfig {
  const partition = PARTITIONS[name];
  if (partition === undefined) throw new RangeError(`board.json: expected a partition ${name}, found none`);
  return partition;
}

function textOf(role: StagedRole): TrustText {
  const text = TRUST[role];
  if (text === undefined) throw new RangeError(`mc/config: expected trust for ${role}, found none`);
  return text;
}
