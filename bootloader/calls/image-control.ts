/** Updates, confirm and select as calls use them: one upload at a time, flash spared, a test that has to end. */
import { formatVersion } from "../../protocol/image/version.ts";
import type { ImageState, SlotState } from "../../protocol/root-calls/state.ts";
import type { CounterLog, CounterState } from "../counters/counter-log.ts";
import { eraseCounter, type ImageNumber, keyEpochCounter, securityCounter } from "../counters/counter-names.ts";
import type { SlotName } from "../counters/state-record.ts";
import { confirmImages, selectSlot } from "../slots/confirm.ts";
import { ImageUpload } from "../slots/image-upload.ts";
import { classifySlot } from "../slots/slot-class.ts";
import { SlotError } from "../slots/slot-error.ts";
import {
  type CheckedImage,
  type ImageVerifier,
  requireState,
  type SlotPair,
  type StartedImage,
  viewSlot,
} from "../slots/slot-pair.ts";
import { ERASE_STEPS, WearGuard } from "./wear-guard.ts";

/** How long an image on test may run without being confirmed, in milliseconds. */
export const CONFIRM_WITHIN = 600_000;

/** What image control needs of the root of trust. Lists are by image number. */
export interface ImageControlOptions {
  readonly pairs: readonly [SlotPair, SlotPair];
  readonly verifiers: readonly [ImageVerifier<CheckedImage>, ImageVerifier<CheckedImage>];
  /** Both images that run, as they were started. */
  readonly running: readonly StartedImage[];
  readonly log: CounterLog;
  /** Tries of a test, as given to `startImage`. */
  readonly tryLimit: number;
  /** Milliseconds since the reset. */
  readonly uptime: () => number;
}

/** The part of the calls that writes slots and state sectors. */
export class ImageControl {
  readonly #options: ImageControlOptions;
  readonly #guard: WearGuard;
  #upload: ImageUpload<CheckedImage> | undefined;
  #isConfirmed = false;

  constructor(options: ImageControlOptions) {
    this.#options = options;
    this.#guard = new WearGuard(ERASE_STEPS, options.uptime);
  }

  /**
   * Gives up what was uploaded and begins anew. @returns the offset that is due
   * @throws CallRefusal `wear-limit`, SlotError, StateError
   */
  begin(image: ImageNumber, byteLength: number): number {
    const { pairs, verifiers, running, log } = this.#options;
    this.#upload = undefined;
    const upload = new ImageUpload({ pair: pairs[image], verifier: verifiers[image], running, log });
    const state = requireState(log);
    this.#guard.pass(Math.max(erasesOf(state, image, upload.target), state.sequence / 2));
    upload.begin(byteLength);
    this.#upload = upload;
    return upload.nextOffset;
  }

  /** @returns the offset that is due next @throws SlotError */
  write(offset: number, data: Uint8Array): number {
    return this.#requireUpload().write(offset, data);
  }

  /** @throws SlotError, StateError */
  finish(): void {
    this.#requireUpload().finish();
    this.#upload = undefined;
  }

  #requireUpload(): ImageUpload<CheckedImage> {
    if (this.#upload === undefined) throw new SlotError("upload-order", "an upload that was begun", "none");
    return this.#upload;
  }

  /** Writes nothing when all is confirmed, so it needs no guard. @throws SlotError, StateError */
  confirm(): void {
    confirmImages(this.#options.running, this.#options.log);
  }

  /** @throws CallRefusal `wear-limit`, SlotError, StateError */
  select(image: ImageNumber, slot: SlotName): void {
    const { pairs, verifiers, log, running } = this.#options;
    this.#guard.pass(requireState(log).sequence / 2);
    selectSlot(pairs[image], slot, log, verifiers[image], running);
  }

  /** Milliseconds that are left to confirm what runs on test; Infinity when nothing is to be confirmed. */
  timeToConfirm(): number {
    if (!this.#isConfirmed) {
      this.#isConfirmed = this.#options.running.every(({ pair, slot }) => pair[slot].read().confirm.isSet);
    }
    return this.#isConfirmed ? Number.POSITIVE_INFINITY : CONFIRM_WITHIN - this.#options.uptime();
  }

  /** @throws StateError `state-missing` */
  describe(): ImageState[] {
    const state = requireState(this.#options.log);
    return this.#options.pairs.map((pair) => this.#describeImage(pair, state));
  }

  #describeImage(pair: SlotPair, state: CounterState): ImageState {
    const { image } = pair;
    const started = this.#options.running.find((candidate) => candidate.pair === pair);
    return {
      securityCounter: state.counters[securityCounter(image)] as number,
      keyEpoch: state.counters[keyEpochCounter(image)] as number,
      selected: state.selection[image],
      running:
        started === undefined
          ? undefined
          : { slot: started.slot, kind: started.kind, isConfirmed: pair[started.slot].read().confirm.isSet },
      a: this.#describeSlot(pair, "a", state),
      b: this.#describeSlot(pair, "b", state),
    };
  }

  #describeSlot(pair: SlotPair, slot: SlotName, state: CounterState): SlotState {
    const view = viewSlot(pair, slot, state);
    const version = view.header === "exact" ? formatVersion(view.version) : "";
    return {
      class: classifySlot(view, this.#options.tryLimit),
      version,
      erases: erasesOf(state, pair.image, slot),
    };
  }
}

/** The counter rises twice an erase. */
function erasesOf(state: CounterState, image: ImageNumber, slot: SlotName): number {
  return Math.ceil((state.counters[eraseCounter(image, slot)] as number) / 2);
}
