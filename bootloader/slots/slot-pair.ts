/** The two slots of an image, what stands between them and a start, and what a start leaves to say. */
import type { ImageVersion } from "../../protocol/image/version.ts";
import type { CounterLog, CounterState } from "../counters/counter-log.ts";
import { eraseCounter, type ImageNumber, keyEpochCounter, securityCounter } from "../counters/counter-names.ts";
import { StateError } from "../counters/state-error.ts";
import type { SlotName } from "../counters/state-record.ts";
import type { Slot } from "./slot.ts";
import type { SlotView, StartKind } from "./slot-class.ts";

/** The two slots of one kind of image. */
export interface SlotPair {
  readonly image: ImageNumber;
  readonly a: Slot;
  readonly b: Slot;
}

/** The lowest values that an image may have. */
export interface ImageFloor {
  /** Of SEC_CNT. */
  readonly securityCounter: number;
  /** Of the key that signed it; keys of lower epochs are revoked. */
  readonly keyEpoch: number;
}

/** What a verifier says of an image that it accepts. */
export interface CheckedImage {
  readonly version: ImageVersion;
  readonly securityCounter: number;
  /** Epoch of the key whose signature verified. */
  readonly keyEpoch: number;
  /** Bytes from the first of the header to the last of the TLVs. */
  readonly imageByteLength: number;
}

/** What a verifier says of an image that it refuses. */
export interface ImageRefusal {
  /** The verifier's own code, such as `signature-invalid`. */
  readonly refused: string;
  /** True when the image may be accepted later, as it is: another image that it depends on is missing. */
  readonly isWaiting: boolean;
}

/**
 * Verifies images. `install` looks at the slot where it lies, before its test is asked for; `start` makes the image ready to run,
 * and what it verifies is what will run. The work is bounded by the slot's size. Nothing is thrown for a bad image.
 */
export interface ImageVerifier<Checked extends CheckedImage> {
  verify(slot: SlotName, floor: ImageFloor, purpose: "install" | "start"): Checked | ImageRefusal;
}

/** An image that was verified and is about to run, or runs. */
export interface StartedImage<Checked extends CheckedImage = CheckedImage> {
  readonly pair: SlotPair;
  readonly slot: SlotName;
  readonly kind: StartKind;
  /** True when it was confirmed for good before it started. */
  readonly isConfirmed: boolean;
  readonly checked: Checked;
}

/** Reads one slot of a pair. */
export function viewSlot(pair: SlotPair, slot: SlotName, state: CounterState): SlotView {
  const isErasing = (state.counters[eraseCounter(pair.image, slot)] as number) % 2 === 1;
  const { header, version, magic, confirm, tries } = pair[slot].read();
  return { header, version, magic, confirm, tries, isErasing };
}

/** The lowest values that an image may have now. */
export function floorOf(image: ImageNumber, state: CounterState): ImageFloor {
  return {
    securityCounter: state.counters[securityCounter(image)] as number,
    keyEpoch: state.counters[keyEpochCounter(image)] as number,
  };
}

/**
 * Makes a slot's contents count for good. A cut at the very beginning of an erase that never came about may have left a mark that
 * reads erased now and written later, by which the slot would be lost; the mark after it outweighs it.
 * @throws StateError
 */
export function vouchForSlot(pair: SlotPair, slot: SlotName, log: CounterLog): void {
  const counter = eraseCounter(pair.image, slot);
  const count = requireState(log).counters[counter] as number;
  log.raise(counter, count % 2 === 1 ? count + 1 : count + 2);
}

/** Reads the state sectors. @throws StateError `state-missing` */
export function requireState(log: CounterLog): CounterState {
  const state = log.read();
  if (state === undefined) throw new StateError("state-missing", "a finished record", "none");
  return state;
}

/** The slot that is not `slot`. */
export function otherSlot(slot: SlotName): SlotName {
  return slot === "a" ? "b" : "a";
}
