/** What must hold of a device, kept beside it by those who see everything: what was confirmed, asked for, tried. */
import type { StartedImage } from "../../bootloader/slots/slot-pair.ts";
import { equalBytes } from "../../protocol/image/bytes.ts";
import { compareVersions } from "../../protocol/image/version.ts";
import type { SimulatedImage } from "./simulated-images.ts";
import type { PairName } from "./world.ts";

/** The device did what it must not. */
export class PropertyViolation extends Error {
  override readonly name = "PropertyViolation";
}

/** What is known of one pair of slots. */
interface PairTruth {
  /** Images that may start as confirmed. More than one while a cut leaves it open which of two states came about. */
  readonly settled: readonly string[];
  /** An image whose confirm was cut: until it starts as confirmed, or another confirm returns, it may or may not be. */
  readonly openConfirm: string | undefined;
  /** The image whose test may have been asked for. */
  readonly requested: string | undefined;
  /** Starts of the requested image as a test. */
  readonly tries: number;
  /** Highest counter and key epoch of an image whose confirm has returned. */
  readonly counter: number;
  readonly keyEpoch: number;
  /** The same of images whose confirm has begun: neither may be passed by what the device stores. */
  readonly counterLimit: number;
  readonly keyEpochLimit: number;
}

/** All of it at one moment. */
export type TruthSnapshot = Readonly<Record<PairName, PairTruth>>;

const NOTHING: PairTruth = {
  settled: [],
  openConfirm: undefined,
  requested: undefined,
  tries: 0,
  counter: 0,
  keyEpoch: 0,
  counterLimit: 0,
  keyEpochLimit: 0,
};

/** What runs below an image that is started. */
export type Base = "confirmed" | "unconfirmed";

/** Cells of the image that was started, as they are and not as they happened to read. */
export interface ImageCells {
  readonly bytes: Uint8Array;
  /** False when a cell of them may read differently the next time. */
  readonly isDecided: boolean;
}

/** Follows each step twice: when it begins, its result becomes possible; when it returns, certain. */
export class Truth {
  readonly #tryLimit: number;
  #pairs: TruthSnapshot = { root: NOTHING, runtime: NOTHING };
  /** Set once an image was damaged on purpose: then a slot may look better than it is. */
  isDamaged = false;

  constructor(tryLimit: number) {
    this.#tryLimit = tryLimit;
  }

  snapshot(): TruthSnapshot {
    return this.#pairs;
  }

  restore(snapshot: TruthSnapshot): void {
    this.#pairs = snapshot;
  }

  /** What is known of a pair. */
  of(name: PairName): PairTruth {
    return this.#pairs[name];
  }

  #change(name: PairName, change: Partial<PairTruth>): void {
    this.#pairs = { ...this.#pairs, [name]: { ...this.#pairs[name], ...change } };
  }

  installed(name: PairName, image: SimulatedImage): void {
    const settled = [...this.#pairs[name].settled, image.name];
    this.#change(name, { settled });
    this.#allow(name, image);
  }

  /** The other slot is about to be erased, whatever was selected. */
  erasing(name: PairName, running: string): void {
    this.#change(name, { settled: union(this.#pairs[name].settled, running) });
  }

  /** The other slot was erased for good. */
  erased(name: PairName, running: string): void {
    this.#change(name, { settled: [running], openConfirm: undefined, requested: undefined, tries: 0 });
  }

  /** The last bytes of an upload are about to be written. */
  requesting(name: PairName, image: SimulatedImage): void {
    this.#change(name, { requested: image.name });
  }

  confirming(running: readonly StartedImage<SimulatedImage>[]): void {
    for (const { pair, checked } of running) {
      const name = pair.image === 0 ? "root" : "runtime";
      const { settled } = this.#pairs[name];
      const isOpen = !settled.includes(checked.name);
      this.#change(name, { settled: union(settled, checked.name), ...(isOpen ? { openConfirm: checked.name } : {}) });
      this.#allow(name, checked);
    }
  }

  confirmed(running: readonly StartedImage<SimulatedImage>[]): void {
    for (const { pair, checked } of running) {
      const name = pair.image === 0 ? "root" : "runtime";
      const { counter, keyEpoch } = this.#pairs[name];
      this.#change(name, {
        settled: [checked.name],
        openConfirm: undefined,
        counter: Math.max(counter, checked.securityCounter),
        keyEpoch: Math.max(keyEpoch, checked.keyEpoch),
      });
    }
  }

  selecting(name: PairName, image: SimulatedImage): void {
    this.#change(name, { settled: union(this.#pairs[name].settled, image.name) });
  }

  selected(name: PairName, image: SimulatedImage): void {
    this.#change(name, { settled: [image.name], openConfirm: undefined });
  }

  /** All other images were damaged in their slots. */
  onlyStarts(name: PairName, image: SimulatedImage): void {
    this.isDamaged = true;
    this.#change(name, { settled: [image.name] });
  }

  #allow(name: PairName, image: SimulatedImage): void {
    const { counterLimit, keyEpochLimit } = this.#pairs[name];
    this.#change(name, {
      counterLimit: Math.max(counterLimit, image.securityCounter),
      keyEpochLimit: Math.max(keyEpochLimit, image.keyEpoch),
    });
  }

  /** @throws PropertyViolation when the image that was started may not be */
  started(name: PairName, started: StartedImage<SimulatedImage>, base: Base, cells: ImageCells): void {
    const { checked, kind } = started;
    const known = this.#pairs[name];
    if (!equalBytes(cells.bytes, checked.bytes)) violated(`${checked.name} started from other bytes than were signed`);
    if (!cells.isDecided) violated(`${checked.name} started from cells that may read differently when it runs`);
    if (checked.securityCounter < known.counter) violated(`${checked.name} started below counter ${known.counter}`);
    if (checked.keyEpoch < known.keyEpoch) violated(`${checked.name} started under a revoked key`);
    if (kind === "confirmed") this.#startedConfirmed(name, checked, started.isConfirmed && base === "confirmed");
    else if (kind === "test") this.#startedTest(name, checked);
    else violated(`${checked.name} started as a last resort`);
  }

  /** @throws PropertyViolation when a root of trust and a runtime run together that need others */
  static together(root: SimulatedImage, runtime: SimulatedImage): void {
    if (!Truth.workTogether(root, runtime))
      violated(`${root.name} started ${runtime.name}: one is too old for the other`);
  }

  /** Whether neither is too old for the other. */
  static workTogether(root: SimulatedImage, runtime: SimulatedImage): boolean {
    if (root.needsRuntime !== undefined && compareVersions(runtime.version, root.needsRuntime) < 0) return false;
    return runtime.needsRoot === undefined || compareVersions(root.version, runtime.needsRoot) >= 0;
  }

  #startedConfirmed(name: PairName, { name: image }: SimulatedImage, isForGood: boolean): void {
    const { settled, openConfirm } = this.#pairs[name];
    if (!settled.includes(image)) violated(`${image} started as confirmed, expected ${settled.join(" or ")}`);
    // What has started for good stays, unless an image may still turn out to have been confirmed.
    if (isForGood && (openConfirm === undefined || openConfirm === image)) {
      this.#change(name, { settled: [image], openConfirm: undefined });
    }
  }

  #startedTest(name: PairName, { name: image }: SimulatedImage): void {
    const { tries, requested } = this.#pairs[name];
    if (image !== requested) violated(`${image} started as a test, expected ${requested ?? "none"}`);
    if (tries >= this.#tryLimit) violated(`${image} started as a test ${tries + 1} times`);
    this.#change(name, { tries: tries + 1 });
  }

  /**
   * Judges what the device stores.
   * @throws PropertyViolation when it is less than was confirmed, or more: a test must not raise anything
   */
  stored(name: PairName, counter: number, keyEpoch: number): void {
    const known = this.#pairs[name];
    requireBetween("counter", counter, known.counter, known.counterLimit);
    requireBetween("key epoch", keyEpoch, known.keyEpoch, known.keyEpochLimit);
  }
}

function requireBetween(what: string, stored: number, least: number, most: number): void {
  if (stored < least) violated(`${what} ${stored} stored, though ${least} was confirmed`);
  if (stored > most) violated(`${what} ${stored} stored, though ${most} is the most confirmed`);
}

function union(names: readonly string[], name: string): readonly string[] {
  return [...names.filter((other) => other !== name), name];
}

function violated(message: string): never {
  throw new PropertyViolation(message);
}
