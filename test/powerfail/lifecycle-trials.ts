/** Runs scenarios and lives of device secret and lifecycle until they are enough, or one finds something. */
import type { Violation } from "../../host-tools/powerfail/report.ts";
import { LifecycleLifeRun } from "./lifecycle-life-run.ts";
import { LIFECYCLE_SCENARIOS } from "./lifecycle-scenarios.ts";
import { ScenarioRun } from "./scenario-run.ts";

/** How much to try. */
export interface LifecycleTrialOptions {
  readonly unit: number;
  readonly seed: number;
  /** Every how many-th single cut is followed by second ones; 0 for none. */
  readonly pairStride: number;
  readonly lives: number;
  /** Names of scenarios; all when left out. */
  readonly scenarios?: readonly string[];
}

/** The first violations, in order; none when all is well. */
export function findLifecycleViolations({
  unit,
  seed,
  pairStride,
  lives,
  scenarios,
}: LifecycleTrialOptions): readonly Violation[] {
  for (const trial of LIFECYCLE_SCENARIOS) {
    if (scenarios !== undefined && !scenarios.includes(trial.name)) continue;
    const scenario = new ScenarioRun(trial, {
      unit,
      seed,
      pairStride,
      cutsRepeated: true,
      updateStride: 8,
      isTimeUp: (): boolean => scenario.tally.violations > 0,
    });
    scenario.run();
    if (scenario.tally.violations > 0) return scenario.examples;
  }
  const run = new LifecycleLifeRun(unit, seed);
  for (let life = 0; life < lives && run.tally.violations === 0; life += 1) run.run();
  return run.examples;
}
