/** Writing a new image into the slot that does not run: erase, bytes in order, first write unit last, then the request for a test. */
import { IMAGE_HEADER_BYTE_LENGTH } from "../../protocol/image/header.ts";
import type { CounterLog } from "../counters/counter-log.ts";
import { eraseCounter } from "../counters/counter-names.ts";
import type { SlotName } from "../counters/state-record.ts";
import { tryErase, tryWrite } from "../marks/flash-access.ts";
import { ERASED_BYTE } from "../marks/mark.ts";
import type { Slot } from "./slot.ts";
import { SlotError } from "./slot-error.ts";
import {
  type CheckedImage,
  floorOf,
  type ImageVerifier,
  otherSlot,
  requireState,
  type SlotPair,
  type StartedImage,
  vouchForSlot,
} from "./slot-pair.ts";
import { isRefusal } from "./start-image.ts";

/** What an upload needs to know. */
export interface UploadOptions<Checked extends CheckedImage> {
  readonly pair: SlotPair;
  readonly log: CounterLog;
  readonly verifier: ImageVerifier<Checked>;
  /** Every image that runs, one of them from `pair`. */
  readonly running: readonly StartedImage[];
}

/**
 * One upload after the other into one slot. It lasts for a power cycle: after a reset the slot counts as empty, and the sender
 * begins again.
 */
export class ImageUpload<Checked extends CheckedImage> {
  /** The slot that is written. */
  readonly target: SlotName;
  readonly #options: UploadOptions<Checked>;
  readonly #slot: Slot;
  /** The first unit of the image, held back until the end. */
  readonly #first: Uint8Array;
  /** Bytes that do not fill a unit yet. */
  readonly #partial: Uint8Array;
  #partialLength = 0;
  #offset = 0;
  #byteLength = 0;
  #stage: "idle" | "erased" | "writing" = "idle";

  /** @throws SlotError `slot-running` when no running image is from `pair`, so that nobody knows which slot is free */
  constructor(options: UploadOptions<Checked>) {
    const own = options.running.find(({ pair }) => pair === options.pair);
    if (own === undefined) throw new SlotError("slot-running", "a running image from the pair", "none");
    this.#options = options;
    this.target = otherSlot(own.slot);
    this.#slot = options.pair[this.target];
    this.#first = new Uint8Array(this.#slot.layout.markByteLength);
    this.#partial = new Uint8Array(this.#slot.layout.markByteLength);
  }

  /** The offset that the next write must have. */
  get nextOffset(): number {
    return this.#offset;
  }

  /**
   * Erases the slot ahead of {@link begin}, which then does not. What was in the slot cannot be started any more, from before the
   * first cell changes.
   * @throws SlotError `running-unconfirmed`, `flash-failed`
   * @throws StateError
   */
  erase(): void {
    this.#stage = "idle";
    this.#requireConfirmed();
    const { pair, log, running } = this.#options;
    for (const started of running) vouchForSlot(started.pair, started.slot, log);
    // Only a slot that is not preferred may be erased: a cut must not make it the one that runs.
    log.select(pair.image, otherSlot(this.target));
    const counter = eraseCounter(pair.image, this.target);
    const count = requireState(log).counters[counter] as number;
    const begun = count % 2 === 1 ? count : count + 1;
    log.raise(counter, begun);
    const { blocks } = this.#slot.flash.status();
    for (let block = 0; block < blocks; block += 1) {
      if (!tryErase(this.#slot.flash, block)) throw failed(`an erase of block ${block} of slot ${this.target}`);
    }
    log.raise(counter, begun + 1);
    this.#stage = "erased";
  }

  /**
   * Starts an upload of `byteLength` bytes; one that was under way is given up.
   * @throws SlotError `upload-length`, and what {@link erase} throws
   */
  begin(byteLength: number): void {
    const limit = this.#slot.layout.start;
    if (!Number.isInteger(byteLength) || byteLength < IMAGE_HEADER_BYTE_LENGTH || byteLength > limit) {
      throw new SlotError("upload-length", `${IMAGE_HEADER_BYTE_LENGTH} to ${limit} bytes`, `${byteLength}`);
    }
    if (this.#stage !== "erased") this.erase();
    this.#stage = "writing";
    this.#byteLength = byteLength;
    this.#offset = 0;
    this.#partialLength = 0;
  }

  /**
   * Takes the bytes at `offset`, or none of them when another offset is due.
   * @returns the offset that is due next; the sender goes on from there, whatever it thinks it has sent
   * @throws SlotError `upload-order`, `upload-length`, `flash-failed` (then begin again)
   */
  write(offset: number, data: Uint8Array): number {
    if (this.#stage !== "writing") throw new SlotError("upload-order", "begin before write", this.#stage);
    if (offset !== this.#offset) return this.#offset;
    if (data.length > this.#byteLength - offset) {
      throw new SlotError("upload-length", `at most ${this.#byteLength - offset} bytes`, `${data.length}`);
    }
    let index = 0;
    while (index < data.length) index += this.#take(data, index);
    return this.#offset;
  }

  /** Takes some bytes of `data` from `index` on. @returns how many, at least 1 */
  #take(data: Uint8Array, index: number): number {
    const unit = this.#first.length;
    if (this.#offset < unit) {
      this.#first[this.#offset] = data[index] as number;
      this.#offset += 1;
      return 1;
    }
    const left = data.length - index;
    if (this.#partialLength === 0 && left >= unit) {
      const length = left - (left % unit);
      this.#program(data.subarray(index, index + length), this.#offset);
      this.#offset += length;
      return length;
    }
    this.#partial[this.#partialLength] = data[index] as number;
    this.#partialLength += 1;
    this.#offset += 1;
    if (this.#partialLength === unit) this.#flush();
    return 1;
  }

  /**
   * Completes the upload and asks for a test at the next boot: header, verification where the image lies, magic.
   * @throws SlotError `upload-order`, `flash-failed`, `image-refused`; then the slot starts nothing until the next upload
   * @throws StateError `state-missing`
   */
  finish(): Checked {
    if (this.#stage !== "writing" || this.#offset !== this.#byteLength) {
      throw new SlotError("upload-order", `${this.#byteLength} bytes before finish`, `${this.#offset}`);
    }
    if (this.#partialLength > 0) {
      this.#partial.fill(ERASED_BYTE, this.#partialLength);
      this.#flush();
    }
    this.#stage = "idle";
    if (!this.#slot.writeHeader(this.#first)) throw failed("a write of the header");
    const checked = this.#verify();
    if (!this.#slot.request()) throw failed("a write of the trailer's magic");
    return checked;
  }

  #verify(): Checked {
    const { pair, log, verifier } = this.#options;
    const floor = floorOf(pair.image, requireState(log));
    const checked = verifier.verify(this.target, floor, "install");
    if (isRefusal(checked)) {
      throw new SlotError("image-refused", "an image that may be started", checked.refused, checked.refused);
    }
    if (checked.imageByteLength === this.#byteLength) return checked;
    const found = `${checked.imageByteLength} bytes`;
    throw new SlotError("image-refused", `an image of ${this.#byteLength} bytes`, found, "image-sizes");
  }

  #flush(): void {
    this.#program(this.#partial, this.#offset - this.#partialLength);
    this.#partialLength = 0;
  }

  #program(bytes: Uint8Array, position: number): void {
    if (tryWrite(this.#slot.flash, bytes, position)) return;
    this.#stage = "idle";
    throw failed(`a write of ${bytes.length} bytes at ${position}`);
  }

  /** The other slot may be needed until every image that runs is confirmed for good. */
  #requireConfirmed(): void {
    for (const { pair, slot } of this.#options.running) {
      const { isSet, isProven } = pair[slot].read().confirm;
      if (isProven || (isSet && pair[slot].confirm())) continue;
      throw new SlotError(
        "running-unconfirmed",
        "every running image to be confirmed",
        `image ${pair.image}, slot ${slot}`,
      );
    }
  }
}

function failed(what: string): SlotError {
  return new SlotError("flash-failed", `${what} to succeed`, "a failure");
}
