/** A simulated device: one flash chip with all areas, the real slot code on it, and steps that a scenario or a person takes. */
import { CounterLog } from "../../bootloader/counters/counter-log.ts";
import { ROOT_OF_TRUST_IMAGE, RUNTIME_IMAGE } from "../../bootloader/counters/counter-names.ts";
import type { SlotName } from "../../bootloader/counters/state-record.ts";
import { confirmImages, selectSlot } from "../../bootloader/slots/confirm.ts";
import { ImageUpload } from "../../bootloader/slots/image-upload.ts";
import { Slot } from "../../bootloader/slots/slot.ts";
import { classifySlot } from "../../bootloader/slots/slot-class.ts";
import { requireState, type SlotPair, type StartedImage, viewSlot } from "../../bootloader/slots/slot-pair.ts";
import { type StartOutcome, startImage } from "../../bootloader/slots/start-image.ts";
import { encodeConfirmedTrailer } from "../../bootloader/slots/trailer-layout.ts";
import { chipArea } from "./chip-area.ts";
import { type ChipSnapshot, NorChip } from "./nor-chip.ts";
import { type SimulatedImage, SimulatedVerifier } from "./simulated-images.ts";
import { PropertyViolation, Truth, type TruthSnapshot } from "./truth.ts";

/** Bytes and choices of a world. */
export interface WorldOptions {
  readonly images: readonly SimulatedImage[];
  /** Write unit: 4, 8 or 16. */
  readonly unit: number;
  /** Bytes of a state sector; small ones are full soon. */
  readonly stateByteLength: number;
  readonly tryLimit: number;
  /** True to put a root of trust with slots of its own below the runtime. */
  readonly hasRoot: boolean;
  readonly seed: number;
}

/** All that a world is at one moment. */
export interface WorldSnapshot {
  readonly chip: ChipSnapshot;
  readonly running: readonly StartedImage<SimulatedImage>[];
  readonly truth: TruthSnapshot;
}

/** The two images that can run, by their number. */
export type PairName = "root" | "runtime";

const PAIRS: readonly PairName[] = ["root", "runtime"];
const RUNTIME_ONLY: readonly PairName[] = ["runtime"];
const SLOTS: readonly SlotName[] = ["a", "b"];
const SLOT_BLOCKS: readonly number[] = [256, 256, 256];
const SLOTS_PER_PAIR = 2;
const CHUNK = 104;

/** A device. Steps throw PowerCut when a cut was planned; {@link World.boot} is what happens next. */
export class World {
  readonly chip: NorChip;
  readonly options: WorldOptions;
  readonly log: CounterLog;
  readonly pairs: Readonly<Record<PairName, SlotPair>>;
  readonly truth: Truth;
  /** Lowest first: root of trust, runtime. */
  running: readonly StartedImage<SimulatedImage>[] = [];
  readonly #verifiers: Readonly<Record<PairName, SimulatedVerifier>>;

  constructor(options: WorldOptions) {
    this.options = options;
    const slots = Array.from({ length: 2 * SLOTS_PER_PAIR }, () => SLOT_BLOCKS).flat();
    const blocks = [options.stateByteLength, options.stateByteLength, ...slots];
    this.chip = new NorChip({ unit: options.unit, blocks }, options.seed);
    this.log = new CounterLog(chipArea(this.chip, 0, 2));
    this.pairs = { root: this.#pair(ROOT_OF_TRUST_IMAGE), runtime: this.#pair(RUNTIME_IMAGE) };
    this.#verifiers = { root: this.#verifier("root"), runtime: this.#verifier("runtime") };
    this.truth = new Truth(options.tryLimit);
    this.log.format();
  }

  snapshot(): WorldSnapshot {
    return { chip: this.chip.snapshot(), running: this.running, truth: this.truth.snapshot() };
  }

  restore({ chip, running, truth }: WorldSnapshot): void {
    this.chip.restore(chip);
    this.running = running;
    this.truth.restore(truth);
  }

  /** What the factory does: an image with a trailer that says it is confirmed. */
  install(name: PairName, slot: SlotName, image: SimulatedImage): void {
    const { layout } = this.pairs[name][slot];
    const start = this.slotStart(name, slot);
    const padded = Math.ceil(image.bytes.length / layout.markByteLength) * layout.markByteLength;
    const bytes = new Uint8Array(padded).fill(0xff);
    bytes.set(image.bytes);
    this.chip.preset(bytes, start);
    const trailer = encodeConfirmedTrailer(layout);
    for (let at = 0; at < trailer.length; at += layout.markByteLength) {
      const mark = trailer.subarray(at, at + layout.markByteLength);
      if (mark.some((byte) => byte !== 0xff)) this.chip.preset(mark, start + layout.start + at);
    }
    this.truth.installed(name, image);
  }

  /** A new power cycle up to the runtime's start. @throws PowerCut, NorViolation; {@link Truth.started} judges what was started */
  boot(): void {
    this.chip.powerUp();
    this.reboot();
  }

  /** {@link boot} for a caller that has powered the chip up itself, to plan a cut. */
  reboot(): void {
    this.running = [];
    const { hasRoot, tryLimit } = this.options;
    let root: StartedImage<SimulatedImage> | undefined;
    if (hasRoot) {
      root = this.#start("root", { tryLimit, isBaseConfirmed: true });
      if (root === undefined) return;
    }
    this.#verifiers.runtime.rootVersion = root?.checked.version;
    const isBaseConfirmed = root?.isConfirmed ?? true;
    const minimumVersion = root?.checked.needsRuntime;
    const runtime = this.#start("runtime", { tryLimit, isBaseConfirmed, minimumVersion });
    if (runtime !== undefined && root !== undefined) Truth.together(root.checked, runtime.checked);
  }

  #start(name: PairName, options: Parameters<typeof startImage>[3]): StartedImage<SimulatedImage> | undefined {
    const pair = this.pairs[name];
    const { started }: StartOutcome<SimulatedImage> = startImage(pair, this.log, this.#verifiers[name], options);
    if (started === undefined) return undefined;
    this.running = [...this.running, started];
    const start = this.slotStart(name, started.slot);
    const bytes = this.chip.high.subarray(start, start + started.checked.bytes.length);
    const isDecided = this.chip.isDecided(start, start + bytes.length);
    const isBarred = started.kind === "confirmed" && name === "runtime" && this.#bars(this.truth.of(name).settled);
    // Not the one to start otherwise, and not from now on.
    if (isBarred) this.truth.selecting(name, started.checked);
    const base = options.isBaseConfirmed && !isBarred ? "confirmed" : "unconfirmed";
    this.truth.started(name, started, base, { bytes, isDecided });
    return started;
  }

  /** True when the root of trust that was started works with none of these runtimes. */
  #bars(names: readonly string[]): boolean {
    const root = this.running[0]?.checked;
    if (!this.options.hasRoot || root === undefined) return false;
    return names.every((name) => {
      const runtime = this.options.images.find((image) => image.name === name);
      return runtime === undefined || !Truth.workTogether(root, runtime);
    });
  }

  /** An upload into the slot that does not run. */
  openUpload(name: PairName): ImageUpload<SimulatedImage> {
    const { log, running } = this;
    return new ImageUpload({ pair: this.pairs[name], log, verifier: this.#verifiers[name], running });
  }

  /** Uploads an image into the slot that does not run, and asks for its test. */
  upload(name: PairName, image: SimulatedImage): void {
    const upload = this.openUpload(name);
    const own = this.running.find(({ pair }) => pair === this.pairs[name])?.checked.name ?? "";
    this.truth.erasing(name, own);
    upload.begin(image.bytes.length);
    this.truth.erased(name, own);
    // An offset that is not due changes nothing, as when a sender repeats itself.
    while (upload.nextOffset < image.bytes.length) {
      const offset = upload.nextOffset;
      upload.write(offset + 1, image.bytes.subarray(offset + 1, offset + 2));
      upload.write(offset, image.bytes.subarray(offset, offset + CHUNK));
    }
    this.truth.requesting(name, image);
    upload.finish();
  }

  /** The runtime says that all is well. */
  confirm(): void {
    this.truth.confirming(this.running);
    confirmImages(this.running, this.log);
    this.truth.confirmed(this.running);
  }

  /** Prefers a confirmed slot. */
  select(name: PairName, slot: SlotName, image: SimulatedImage): void {
    this.truth.selecting(name, image);
    selectSlot(this.pairs[name], slot, this.log, this.#verifiers[name], this.running);
    this.truth.selected(name, image);
  }

  /** Changes a byte of an image in its slot behind the device's back, as a failing cell does. */
  damage(name: PairName, slot: SlotName, offset: number): void {
    const at = this.slotStart(name, slot) + offset;
    this.chip.preset(Uint8Array.of((this.chip.high[at] as number) ^ 1), at);
  }

  /** The signed image that a slot holds, by its cells; undefined for anything else. */
  imageIn(name: PairName, slot: SlotName): SimulatedImage | undefined {
    return this.#findImage(name, slot, 0);
  }

  /** @throws PropertyViolation when a slot reads as one with an image, and holds less than one */
  checkSlots(): void {
    if (this.truth.isDamaged) return;
    const state = requireState(this.log);
    for (const name of this.options.hasRoot ? PAIRS : RUNTIME_ONLY) {
      for (const slot of SLOTS) {
        const found = classifySlot(viewSlot(this.pairs[name], slot, state), this.options.tryLimit);
        if (found === "erasing" || found === "empty" || found === "damaged") continue;
        // The first unit of the header is written last, and may have been cut: it read well, that is enough here.
        if (this.#findImage(name, slot, this.pairs[name][slot].layout.markByteLength) !== undefined) continue;
        throw new PropertyViolation(`slot ${slot} of ${name} reads as ${found}, and holds no whole image`);
      }
    }
  }

  #findImage(name: PairName, slot: SlotName, from: number): SimulatedImage | undefined {
    const { high } = this.chip;
    const start = this.slotStart(name, slot);
    return this.options.images.find(({ bytes }) => {
      // The last bytes differ most.
      for (let at = bytes.length - 1; at >= from; at -= 1) if (bytes[at] !== high[start + at]) return false;
      return this.chip.isDecided(start + from, start + bytes.length);
    });
  }

  /** First byte of a slot in the chip. */
  slotStart(name: PairName, slot: SlotName): number {
    const number = (name === "root" ? 0 : SLOTS_PER_PAIR) + (slot === "a" ? 0 : 1);
    return this.chip.starts[2 + number * SLOT_BLOCKS.length] as number;
  }

  #pair(image: typeof ROOT_OF_TRUST_IMAGE | typeof RUNTIME_IMAGE): SlotPair {
    const first = 2 + image * SLOTS_PER_PAIR * SLOT_BLOCKS.length;
    const a = new Slot(chipArea(this.chip, first, SLOT_BLOCKS.length));
    const b = new Slot(chipArea(this.chip, first + SLOT_BLOCKS.length, SLOT_BLOCKS.length));
    return { image, a, b };
  }

  #verifier(name: PairName): SimulatedVerifier {
    return new SimulatedVerifier(this.options.images, (slot, target) =>
      this.chip.read(target, this.slotStart(name, slot)),
    );
  }
}
