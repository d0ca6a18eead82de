/** Random lives: updates, tests, confirms and selections in any order, with many cuts, each possibly in what an earlier one left. */
import { StateError } from "../../bootloader/counters/state-error.ts";
import { SlotError } from "../../bootloader/slots/slot-error.ts";
import { otherSlot } from "../../bootloader/slots/slot-pair.ts";
import { emptyTally, type Tally, type Violation } from "../../host-tools/powerfail/report.ts";
import { PowerCut } from "./flash-errors.ts";
import { bootWithinBudget, isSettled } from "./judge.ts";
import type { CutTear } from "./nor-chip.ts";
import { Random } from "./random.ts";
import { explain } from "./scenario-run.ts";
import { SimulatedImage } from "./simulated-images.ts";
import { type Operation, tearsOf } from "./tears.ts";
import { PropertyViolation } from "./truth.ts";
import { type PairName, World } from "./world.ts";

const ACTIONS = 60;
/** In percent. */
const ACTION_CUT = 60;
const BOOT_CUT = 35;
const CUT_WITHIN = 20;
const EXAMPLE_LIMIT = 5;

/** Counter, key epoch, and the root of trust that is asked for where there is one. */
const RUNTIMES = [
  [1, 0, 1],
  [1, 0, 2],
  [2, 0, 1],
  [2, 1, 2],
  [3, 1, 1],
  [40, 1, 2],
  [40, 3, 3],
] as const;
const runtimesOf = (hasRoot: boolean): readonly SimulatedImage[] =>
  RUNTIMES.map(
    ([counter, keyEpoch, root], index) =>
      new SimulatedImage({
        name: `runtime ${index + 1}`,
        version: `${index + 1}.0.0`,
        counter,
        keyEpoch,
        byteLength: 280 + index,
        ...(hasRoot ? { needsRoot: `${root}.0.0` } : {}),
      }),
  );
const dependent = runtimesOf(true);
const independent = runtimesOf(false);
/** Counter, and the runtime that is asked for. */
const roots = (
  [
    [1, 1],
    [1, 1],
    [2, 3],
  ] as const
).map(
  ([counter, runtime], index) =>
    new SimulatedImage({
      name: `root ${index + 1}`,
      version: `${index + 1}.0.0`,
      counter,
      keyEpoch: index >> 1,
      needsRuntime: `${runtime}.0.0`,
    }),
);

/** Lives of devices, one after the other, each from its own number. */
export class LifeRun {
  readonly tally: Tally = emptyTally();
  readonly examples: Violation[] = [];
  /** Lives that ended because cuts had used up marks; they started good images to the end. */
  wornLives = 0;
  readonly #unit: number;
  readonly #seed: number;
  #life = 0;

  constructor(unit: number, seed: number) {
    this.#unit = unit;
    this.#seed = seed;
  }

  /** Runs one more life. */
  run(): void {
    this.#life += 1;
    const seed = (this.#seed * 7919 + this.#life) >>> 0;
    const life = new Life(this.#unit, seed, this.tally);
    try {
      if (life.run() === "worn") this.wornLives += 1;
    } catch (error) {
      this.tally.violations += 1;
      if (this.examples.length >= EXAMPLE_LIMIT) return;
      const cuts = [`life ${this.#life}`, ...life.history.slice(-12)];
      this.examples.push({ scenario: "lives", unit: this.#unit, seed: this.#seed, cuts, message: explain(error) });
    }
  }
}

class Life {
  readonly history: string[] = [];
  readonly #world: World;
  readonly #runtimes: readonly SimulatedImage[];
  readonly #random: Random;
  readonly #tally: Tally;
  #bootsUnsettled = 0;

  constructor(unit: number, seed: number, tally: Tally) {
    this.#tally = tally;
    this.#random = new Random(seed);
    const hasRoot = this.#random.below(4) === 0;
    const tryLimit = 1 + this.#random.below(2);
    const stateByteLength = unit === 16 ? 4096 : 2048;
    this.#runtimes = hasRoot ? dependent : independent;
    const images = [...this.#runtimes, ...roots];
    this.#world = new World({ images, unit, stateByteLength, tryLimit, hasRoot, seed });
    if (hasRoot) this.#world.install("root", "a", roots[0] as SimulatedImage);
    this.#world.install("runtime", "a", this.#runtimes[0] as SimulatedImage);
  }

  run(): "done" | "worn" {
    this.#boot();
    for (let action = 0; action < ACTIONS; action += 1) {
      // Without a runtime nobody calls: the root of trust resets the board, or somebody its power.
      if (!this.#world.running.some(({ pair }) => pair === this.#world.pairs.runtime)) this.#boot();
      else if (this.#act() === "worn") {
        for (let boot = 0; boot < 3; boot += 1) this.#bootUncut();
        return "worn";
      }
    }
    return "done";
  }

  #chance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }

  /** One action, perhaps cut, and the boots that follow a cut. */
  #act(): "done" | "worn" {
    const action = this.#chooseAction();
    const before = this.#world.truth.snapshot();
    this.#planCut(ACTION_CUT);
    try {
      action();
      this.#world.chip.plan(undefined);
    } catch (error) {
      if (error instanceof PowerCut) {
        this.#noteCut();
        this.#boot();
      } else if (error instanceof SlotError && isRefusal(error)) {
        this.#world.chip.plan(undefined);
        if (UNCHANGED.includes(error.code)) this.#world.truth.restore(before);
      } else if (error instanceof StateError && error.code === "state-worn") {
        return "worn";
      } else throw error;
    }
    return "done";
  }

  #chooseAction(): () => void {
    const world = this.#world;
    const name: PairName = world.options.hasRoot && this.#chance(30) ? "root" : "runtime";
    const running = world.running.find(({ pair }) => pair === world.pairs[name]);
    const choice = this.#random.below(10);
    if (choice < 3) return this.#named("confirm", () => world.confirm());
    if (choice < 4 && running !== undefined) {
      const slot = otherSlot(running.slot);
      const image = world.imageIn(name, slot);
      if (image !== undefined) return this.#named(`select ${image.name}`, () => world.select(name, slot, image));
    }
    if (choice < 7) {
      const pool = name === "root" ? roots : this.#runtimes;
      const image = pool[this.#random.below(pool.length)] as SimulatedImage;
      return this.#named(`upload ${image.name}`, () => world.upload(name, image));
    }
    return () => this.#bootUncut();
  }

  #named(name: string, action: () => void): () => void {
    return () => {
      this.history.push(name);
      // What is uploaded or confirmed now has tries of its own.
      this.#bootsUnsettled = 0;
      action();
    };
  }

  #planCut(percent: number): void {
    this.#world.chip.plan(undefined);
    if (!this.#chance(percent)) return;
    this.#world.chip.plan({
      operation: this.#random.below(CUT_WITHIN),
      tear: (operation: Operation): CutTear => {
        const tears = tearsOf(operation);
        const tear = tears[this.#random.below(tears.length + 1)] ?? "before";
        const { kind, start, byteLength } = operation;
        this.history.push(`cut: ${kind} ${byteLength} at ${start}: ${tear === "before" ? tear : tear.name}`);
        return tear;
      },
    });
  }

  #noteCut(): void {
    this.#tally.lifeCuts += 1;
    this.#bootsUnsettled = 0;
  }

  /** Boots until one is not cut. */
  #boot(): void {
    while (this.#chance(BOOT_CUT)) {
      this.#world.chip.powerUp();
      this.#planCut(100);
      try {
        this.#world.reboot();
        // The cut was planned for an operation that this boot did not get to.
        break;
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
        this.#noteCut();
      }
    }
    this.#bootUncut();
  }

  #bootUncut(): void {
    const world = this.#world;
    const { operations, reads } = bootWithinBudget(world);
    this.history.push(`boot: ${world.running.map(({ kind, checked }) => `${kind} ${checked.name}`).join(", ")}`);
    this.#tally.worstOperations = Math.max(this.#tally.worstOperations, operations);
    this.#tally.worstReads = Math.max(this.#tally.worstReads, reads);
    this.#bootsUnsettled += 1;
    if (isSettled(world)) this.#bootsUnsettled = 0;
    else if (this.#bootsUnsettled > 1 + 2 * world.options.tryLimit) {
      throw new PropertyViolation(`no confirmed image in ${this.#bootsUnsettled} boots`);
    }
  }
}

/** Refusals before anything was written. */
const UNCHANGED: readonly string[] = ["running-unconfirmed", "slot-unconfirmed", "slot-base"];

/** Refusals that a random life meets. */
function isRefusal({ code }: SlotError): boolean {
  return ["image-refused", "running-unconfirmed", "slot-unconfirmed", "slot-base", "flag-worn"].includes(code);
}
