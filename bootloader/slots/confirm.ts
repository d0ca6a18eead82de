/** Confirming what runs, and choosing among confirmed slots: the two calls that decide what boots from now on. */
import type { CounterLog } from "../counters/counter-log.ts";
import type { SlotName } from "../counters/state-record.ts";
import { classifySlot } from "./slot-class.ts";
import { SlotError } from "./slot-error.ts";
import {
  type CheckedImage,
  floorOf,
  type ImageVerifier,
  requireState,
  type SlotPair,
  type StartedImage,
  viewSlot,
  vouchForSlot,
} from "./slot-pair.ts";
import { isRefusal, raiseFloor } from "./start-image.ts";
import { TRY_LIMIT } from "./trailer-layout.ts";

/**
 * Confirms all images that run, in an order that power may fail in anywhere:
 *
 * 1. slots are vouched for and selected, which changes nothing yet: a selection counts among confirmed slots only;
 * 2. image_ok with its proof, dependents first: an image whose base is not confirmed is refused at the next boot and
 *    its predecessor starts, while a base whose dependents are not confirmed could be left without any;
 * 3. counters and key epochs, once nothing that was confirmed can be read as unconfirmed again.
 *
 * May be called again at any time; the boot decision completes 3.
 * @param running every image that runs
 * @throws SlotError `flag-worn`
 * @throws StateError
 */
export function confirmImages(running: readonly StartedImage[], log: CounterLog): void {
  const ordered = running.slice().sort((left, right) => right.pair.image - left.pair.image);
  for (const { pair, slot } of ordered) {
    if (!pair[slot].read().confirm.isProven) vouchForSlot(pair, slot, log);
    log.select(pair.image, slot);
  }
  for (const { pair, slot } of ordered) {
    if (!pair[slot].confirm()) throw new SlotError("flag-worn", "marks for image_ok that take", `none in slot ${slot}`);
  }
  for (const started of ordered) raiseFloor(started, log);
}

/**
 * Prefers a confirmed slot from the next boot on, also one of a lower version, never one below the counter. An image that others run
 * on is not exchanged like this: it may refuse all of them, for their version or their key, and then nothing would run. It has to
 * be uploaded and tested.
 * @param running every image that runs
 * @throws SlotError `slot-unconfirmed`, `slot-base`, `image-refused`
 * @throws StateError
 */
export function selectSlot<Checked extends CheckedImage>(
  pair: SlotPair,
  slot: SlotName,
  log: CounterLog,
  verifier: ImageVerifier<Checked>,
  running: readonly StartedImage[],
): void {
  const state = requireState(log);
  const found = classifySlot(viewSlot(pair, slot, state), TRY_LIMIT);
  if (found !== "confirmed") throw new SlotError("slot-unconfirmed", `a confirmed image in slot ${slot}`, found);
  const isBase = running.some((started) => started.pair.image > pair.image);
  if (isBase && !running.some((started) => started.pair === pair && started.slot === slot)) {
    throw new SlotError("slot-base", `the slot of image ${pair.image} that runs`, slot);
  }
  const checked = verifier.verify(slot, floorOf(pair.image, state), "install");
  if (isRefusal(checked)) {
    throw new SlotError("image-refused", `an image in slot ${slot} that may start`, checked.refused, checked.refused);
  }
  vouchForSlot(pair, slot, log);
  // A confirm that power cut short may read as done today and not tomorrow: now it is.
  if (!pair[slot].confirm()) throw new SlotError("flag-worn", "marks for image_ok that take", `none in slot ${slot}`);
  log.select(pair.image, slot);
}
