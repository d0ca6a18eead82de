/** Random lives of device secret and lifecycle: changes in any order, with many cuts, each possibly in what an earlier one left. */
import { LifecycleError } from "../../bootloader/lifecycle/errors.ts";
import { emptyTally, type Tally, type Violation } from "../../host-tools/powerfail/report.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { PowerCut } from "./flash-errors.ts";
import { bootLifecycle } from "./lifecycle-scenarios.ts";
import { type LifecycleChange, LifecycleWorld } from "./lifecycle-world.ts";
import type { CutTear } from "./nor-chip.ts";
import { Random } from "./random.ts";
import { explain } from "./scenario-run.ts";
import { type Operation, tearsOf } from "./tears.ts";

const ACTIONS = 50;
/** In percent. */
const ACTION_CUT = 50;
const BOOT_CUT = 40;
const CUT_WITHIN = 14;
const EXAMPLE_LIMIT = 5;
const NEXT: Readonly<Record<DeviceLifecycle, DeviceLifecycle>> = {
  blank: "provisioned",
  provisioned: "secured",
  secured: "decommissioned",
  decommissioned: "decommissioned",
};

/** Lives of devices, one after the other, each from its own number. */
export class LifecycleLifeRun {
  readonly tally: Tally = emptyTally();
  readonly examples: Violation[] = [];
  /** Lives that ended because cuts had used up marks; what they had told stayed true to the end. */
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
    const life = new Life(this.#unit, (this.#seed * 7919 + this.#life) >>> 0, this.tally);
    try {
      life.run();
    } catch (error) {
      if (error instanceof LifecycleError && life.isWorn(error)) {
        this.wornLives += 1;
        return;
      }
      this.tally.violations += 1;
      if (this.examples.length >= EXAMPLE_LIMIT) return;
      const cuts = [`life ${this.#life}`, ...life.history.slice(-12)];
      const scenario = "lifecycle-lives";
      this.examples.push({ scenario, unit: this.#unit, seed: this.#seed, cuts, message: explain(error) });
    }
  }
}

class Life {
  readonly history: string[] = [];
  readonly #world: LifecycleWorld;
  readonly #random: Random;
  readonly #tally: Tally;
  /** Cuts without a boot or a change that came to its end. */
  #cutsInARow = 0;

  constructor(unit: number, seed: number, tally: Tally) {
    this.#tally = tally;
    this.#random = new Random(seed);
    this.#world = new LifecycleWorld(unit, seed);
  }

  run(): void {
    this.#boot();
    for (let action = 0; action < ACTIONS; action += 1) {
      const { lifecycle } = this.#world.model;
      if (lifecycle === "decommissioned" || this.#random.below(5) === 0) this.#boot();
      else this.#change(this.#choose(lifecycle));
    }
  }

  /** Marks run out after as many cuts in a row as a seal has pairs; nothing else may end a life. */
  isWorn({ code }: LifecycleError): boolean {
    return (code === "flash-worn" || code === "secret-missing") && this.#cutsInARow >= 3;
  }

  #choose(lifecycle: DeviceLifecycle): LifecycleChange {
    const { floor } = this.#world.model;
    const choice = this.#random.below(12);
    if (choice < 1) return { kind: "advance", to: NEXT[lifecycle] };
    if (choice < 2) return { kind: "clear", sequence: floor + this.#random.below(3) };
    if (choice < 5) return { kind: "clear" };
    return { kind: "store", sequence: floor + this.#random.below(3) };
  }

  #change(change: LifecycleChange): void {
    this.history.push(JSON.stringify(change));
    this.#planCut(ACTION_CUT);
    try {
      this.#world.perform(change);
      this.#world.chip.plan(undefined);
      this.#cutsInARow = 0;
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.#noteCut();
      this.#boot();
    }
  }

  #planCut(percent: number): void {
    this.#world.chip.plan(undefined);
    if (this.#random.below(100) >= percent) return;
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
    this.#cutsInARow += 1;
  }

  /** Boots until one is not cut. */
  #boot(): void {
    while (this.#random.below(100) < BOOT_CUT) {
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
    const { operations, reads } = bootLifecycle(this.#world);
    this.#cutsInARow = 0;
    this.history.push("boot");
    this.#tally.worstOperations = Math.max(this.#tally.worstOperations, operations);
    this.#tally.worstReads = Math.max(this.#tally.worstReads, reads);
  }
}
