/** A run of the simulator: which scenarios on which flash, how many pairs, how many random lives, and what came of it. */

import {
  addTally,
  emptyTally,
  type PowerfailOptions,
  type PowerfailReport,
  type ScenarioReport,
  type Tally,
  type Violation,
} from "../../host-tools/powerfail/report.ts";
import { LifeRun } from "./life-run.ts";
import { ScenarioRun } from "./scenario-run.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

/** The name under which random lives are asked for and reported. */
export const LIVES = "lives";

/** Cases that a long run tries at least, unless its time is up before. */
export const LONG_CASES = 1_000_000;

/** Cuts in random lives, however many others there are. */
const LONG_LIFE_CUTS = 100_000;
const LONG_UNITS: readonly number[] = [8, 4, 16];
const SHORT_UNITS: readonly number[] = [8];
const SHORT_PAIR_STRIDE = 61;
const SHORT_LIVES = 80;
const UPDATE_STRIDE = 8;
const PROGRESS_STRIDE = 64;

/** Called after every few hundred cases. */
export type ProgressListener = (scenario: string, cases: number) => void;

/** Names of all scenarios, lives last. */
export function scenarioNames(): readonly string[] {
  return [...SCENARIOS.map(({ name }) => name), LIVES];
}

/** Runs the simulator. @throws RangeError for a scenario that does not exist */
export function runPowerfail(options: PowerfailOptions, onProgress?: ProgressListener): PowerfailReport {
  return new PowerfailRun(options, onProgress).run();
}

class PowerfailRun {
  readonly #options: PowerfailOptions;
  readonly #began = performance.now();
  readonly #reports = new Map<string, Tally>();
  readonly #examples: Violation[] = [];
  readonly #onProgress: ProgressListener | undefined;
  #ticks = 0;

  constructor(options: PowerfailOptions, onProgress: ProgressListener | undefined) {
    this.#onProgress = onProgress;
    for (const name of options.scenarios ?? []) {
      if (!scenarioNames().includes(name)) {
        throw new RangeError(`expected a scenario of ${scenarioNames().join(", ")}, found ${name}`);
      }
    }
    this.#options = options;
  }

  run(): PowerfailReport {
    const { isLong, seed, scenarios = scenarioNames(), units = isLong ? LONG_UNITS : SHORT_UNITS } = this.#options;
    for (const unit of units) {
      for (const scenario of SCENARIOS) {
        if (scenarios.includes(scenario.name) && !this.#isOver()) this.#runScenario(scenario, unit, seed);
      }
    }
    if (scenarios.includes(LIVES)) this.#runLives(units, seed);
    return this.#report();
  }

  #runScenario(scenario: Scenario, unit: number, seed: number): void {
    const pairStride = this.#options.isLong ? 1 : SHORT_PAIR_STRIDE;
    const run = new ScenarioRun(scenario, {
      unit,
      seed,
      pairStride,
      cutsRepeated: this.#options.isLong,
      updateStride: UPDATE_STRIDE,
      isTimeUp: () => {
        this.#progress(scenario.name, run.tally);
        return this.#isTimeUp() || (this.#options.stopsAtViolation === true && run.tally.violations > 0);
      },
    });
    run.run();
    this.#add(scenario.name, run.tally, run.examples);
  }

  #runLives(units: readonly number[], seed: number): void {
    const { isLong, seconds } = this.#options;
    const runs = units.map((unit) => new LifeRun(unit, seed));
    const sum = emptyTally();
    const before = this.#cases();
    const isEnough = (lives: number): boolean => {
      const hasViolation = this.#hasViolation() || runs.some(({ tally }) => tally.violations > 0);
      if (this.#options.stopsAtViolation === true && hasViolation) return true;
      if (seconds !== undefined) return this.#isTimeUp();
      if (!isLong) return lives >= SHORT_LIVES;
      return sum.lifeCuts >= LONG_LIFE_CUTS && before + sum.lifeCuts >= LONG_CASES;
    };
    for (let lives = 0; !isEnough(lives); lives += 1) {
      const run = runs[lives % runs.length] as LifeRun;
      const { lifeCuts } = run.tally;
      run.run();
      sum.lifeCuts += run.tally.lifeCuts - lifeCuts;
      this.#progress(LIVES, sum);
    }
    for (const run of runs) this.#add(LIVES, run.tally, run.examples);
  }

  #isOver(): boolean {
    return this.#isTimeUp() || (this.#options.stopsAtViolation === true && this.#hasViolation());
  }

  #hasViolation(): boolean {
    for (const { violations } of this.#reports.values()) if (violations > 0) return true;
    return false;
  }

  #isTimeUp(): boolean {
    const { seconds } = this.#options;
    return seconds !== undefined && performance.now() - this.#began >= seconds * 1000;
  }

  #progress(name: string, running: Readonly<Tally>): void {
    this.#ticks += 1;
    if (this.#ticks % PROGRESS_STRIDE !== 0) return;
    this.#onProgress?.(name, this.#cases() + casesOf(running));
  }

  #add(name: string, tally: Readonly<Tally>, examples: readonly Violation[]): void {
    const sum = this.#reports.get(name) ?? emptyTally();
    addTally(sum, tally);
    this.#reports.set(name, sum);
    this.#examples.push(...examples);
  }

  #cases(): number {
    let cases = 0;
    for (const tally of this.#reports.values()) cases += casesOf(tally);
    return cases;
  }

  #report(): PowerfailReport {
    const sum = emptyTally();
    const scenarios: ScenarioReport[] = [];
    for (const [name, tally] of this.#reports) {
      addTally(sum, tally);
      scenarios.push({ name, ...tally });
    }
    const seconds = (performance.now() - this.#began) / 1000;
    const { seed } = this.#options;
    return { ...sum, seed, cases: casesOf(sum), seconds, scenarios, examples: this.#examples };
  }
}

/** All cuts of a tally. */
export function casesOf({ singleCuts, pairCuts, lifeCuts }: Readonly<Tally>): number {
  return singleCuts + pairCuts + lifeCuts;
}
