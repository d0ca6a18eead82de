/** Cuts every operation of a scenario in every way, alone and in pairs with every operation of the boot that follows. */

import { emptyTally, type Tally, type Violation } from "../../host-tools/powerfail/report.ts";
import { FlashFailure, NorViolation, PowerCut } from "./flash-errors.ts";
import type { Verdict } from "./judge.ts";
import type { CutPlan, CutTear, NorChip } from "./nor-chip.ts";
import { type Operation, type Tear, tearsOf } from "./tears.ts";

/** What can be cut and set back. */
export interface SimulatedDevice<Snapshot> {
  readonly chip: NorChip;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  /** A boot on a chip that was powered up already. */
  reboot(): void;
}

/** A scenario on devices of some kind. */
export interface Trial<Device> {
  readonly name: string;
  readonly steps: readonly TrialStep<Device>[];
  /** Number of first steps that another scenario has as well: a short run does not cut them again. */
  readonly repeats?: number;
  /** Tries beyond the first that the device's maker grants. */
  readonly furtherTries: number;
  create(unit: number, seed: number): Device;
  /** @throws PropertyViolation for a device that power cuts have broken */
  judge(device: Device, isLong: boolean): Verdict;
}

/** One thing that happens to a device; one named "boot" is its power cycle. */
export interface TrialStep<Device> {
  readonly name: string;
  readonly run: (device: Device) => void;
  /** True for a step that is not cut: it stands for a state that things have already come to. */
  readonly isAtomic?: boolean;
}

/** How much to try. */
export interface ScenarioRunOptions {
  readonly unit: number;
  readonly seed: number;
  /** Every how many-th single cut is followed by second ones; 0 for none. */
  readonly pairStride: number;
  /** True to cut also the first steps that another scenario has. */
  readonly cutsRepeated: boolean;
  /** Every how many-th pair also installs the next update. */
  readonly updateStride: number;
  /** Called after each single cut; returning true ends the run. */
  readonly isTimeUp: () => boolean;
}

const EXAMPLE_LIMIT = 5;
/** Boots after the first cut whose operations are cut too. */
const CUT_BOOTS = 2;

/** One scenario on one make of flash. */
export class ScenarioRun<Snapshot, Device extends SimulatedDevice<Snapshot>> {
  readonly tally: Tally = emptyTally();
  readonly examples: Violation[] = [];
  readonly #trial: Trial<Device>;
  readonly #options: ScenarioRunOptions;
  readonly #world: Device;

  constructor(trial: Trial<Device>, options: ScenarioRunOptions) {
    this.#trial = trial;
    this.#options = options;
    this.#world = trial.create(options.unit, options.seed);
  }

  run(): void {
    const world = this.#world;
    for (const [index, step] of this.#trial.steps.entries()) {
      const before = world.snapshot();
      const label = `step ${index + 1} (${step.name})`;
      const run = (plan: CutPlan | undefined): void => {
        // A boot counts its operations itself, from power-up on.
        if (step.name === "boot") world.chip.powerUp();
        world.chip.plan(plan);
        if (step.name === "boot") world.reboot();
        else step.run(world);
      };
      try {
        run(undefined);
      } catch (error) {
        this.#note(error, [`${label}, not cut`]);
        return;
      }
      const isRepeated = !this.#options.cutsRepeated && index < (this.#trial.repeats ?? 0);
      if (step.isAtomic === true || isRepeated) continue;
      const operations = world.chip.operations;
      const after = world.snapshot();
      if (this.#cutEach(before, operations, run, label)) return;
      world.restore(after);
    }
    this.#judgeSingle(["after the last operation"]);
  }

  /** @returns true when time is up */
  #cutEach(before: Snapshot, operations: readonly Operation[], run: (plan: CutPlan) => void, label: string): boolean {
    for (const plan of plansOf(operations)) {
      this.#world.restore(before);
      const cuts = [`${label}: ${describe(plan, operations)}`];
      if (!this.#cut(() => run(plan), cuts)) continue;
      const cut = this.#world.snapshot();
      this.#judgeSingle(cuts);
      const { pairStride } = this.#options;
      if (pairStride > 0 && this.tally.singleCuts % pairStride === 0) this.#cutBoots(cut, cuts);
      if (this.#options.isTimeUp()) return true;
    }
    return false;
  }

  /** Runs what must end in a cut. @returns false when it ended in a violation, which is noted */
  #cut(run: () => void, cuts: readonly string[]): boolean {
    try {
      run();
    } catch (error) {
      if (error instanceof PowerCut) return true;
      this.#note(error, cuts);
      return false;
    }
    this.#note(new Error("expected a power cut, found none: the run before it took another course"), cuts);
    return false;
  }

  #judgeSingle(cuts: readonly string[]): void {
    this.tally.singleCuts += 1;
    this.#judge(cuts, true);
  }

  #judge(cuts: readonly string[], isLong: boolean): void {
    try {
      const { boots, operations, reads } = this.#trial.judge(this.#world, isLong);
      this.tally.worstBoots = Math.max(this.tally.worstBoots, boots - this.#trial.furtherTries);
      this.tally.worstOperations = Math.max(this.tally.worstOperations, operations);
      this.tally.worstReads = Math.max(this.tally.worstReads, reads);
    } catch (error) {
      this.#note(error, cuts);
    }
  }

  /** Second cuts, in each of the boots that follow the first. */
  #cutBoots(start: Snapshot, cuts: readonly string[]): void {
    const world = this.#world;
    let before = start;
    for (let boot = 1; boot <= CUT_BOOTS; boot += 1) {
      world.restore(before);
      world.chip.powerUp();
      try {
        world.reboot();
      } catch {
        // Judged already, as a single cut.
        return;
      }
      const operations = world.chip.operations;
      const after = world.snapshot();
      for (const plan of plansOf(operations)) {
        world.restore(before);
        const both = [...cuts, `boot ${boot}: ${describe(plan, operations)}`];
        const run = (): void => {
          world.chip.powerUp();
          world.chip.plan(plan);
          world.reboot();
        };
        this.tally.pairCuts += 1;
        if (this.#cut(run, both)) this.#judge(both, this.tally.pairCuts % this.#options.updateStride === 0);
      }
      before = after;
    }
  }

  #note(error: unknown, cuts: readonly string[]): void {
    this.tally.violations += 1;
    if (this.examples.length >= EXAMPLE_LIMIT) return;
    const { unit, seed } = this.#options;
    this.examples.push({ scenario: this.#trial.name, unit, seed, cuts, message: explain(error) });
  }
}

/** A cut whose tear was chosen beforehand. */
interface ListedCut extends CutPlan {
  readonly tear: CutTear;
}

/** Every cut of a list of operations. */
function plansOf(operations: readonly Operation[]): ListedCut[] {
  return operations.flatMap((operation, number) => [
    { operation: number, tear: "before" as const },
    ...tearsOf(operation).map((tear: Tear) => ({ operation: number, tear })),
  ]);
}

function describe({ operation, tear }: ListedCut, operations: readonly Operation[]): string {
  const { kind, start, byteLength } = operations[operation] as Operation;
  const what = `operation ${operation + 1} of ${operations.length}, ${kind} of ${byteLength} bytes at ${start}`;
  return tear === "before" ? `before ${what}` : `in ${what}, torn: ${tear.name}`;
}

/** The line of a violation. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    error instanceof NorViolation || error instanceof FlashFailure || error.name === "PropertyViolation";
  return isExpected ? `${error.name}: ${error.message}` : (error.stack ?? error.message);
}
