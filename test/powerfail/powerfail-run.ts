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
import { LifecycleLifeRun } from "./lifecycle-life-run.ts";
import { LIFECYCLE_SCENARIOS } from "./lifecycle-scenarios.ts";
import { LogLifeRun } from "./log-life-run.ts";
import { LOG_SCENARIOS } from "./log-scenarios.ts";
import { ScenarioRun, type ScenarioRunOptions } from "./scenario-run.ts";
import { SCENARIOS, trialOf } from "./scenarios.ts";

/** The names under which random lives of slots, of crash logs and of lifecycles are asked for and reported. */
export const LIVES = "lives";
export const LOG_LIVES = "log-lives";
export const LIFECYCLE_LIVES = "lifecycle-lives";

/** Cases that a long run tries at least, unless its time is up before. */
export const LONG_CASES = 1_000_000;

/** Cuts in random lives, however many others there are. */
const LONG_LIFE_CUTS = 100_000;
const LONG_OTHER_LIFE_CUTS = 50_000;
const LONG_UNITS: readonly number[] = [8, 4, 16];
const SHORT_UNITS: readonly number[] = [8];
const SHORT_PAIR_STRIDE = 61;
/** A boot of a log that makes its other block has three times the cuts of one that decides about slots. */
const LONG_LOG_PAIR_STRIDE = 5;
const SHORT_LIVES = 80;
const UPDATE_STRIDE = 8;
const PROGRESS_STRIDE = 64;

/** Called after every few hundred cases. */
export type ProgressListener = (scenario: string, cases: number) => void;

/** Random lives of some kind of device on one make of flash. */
interface Lives {
  readonly tally: Readonly<Tally>;
  readonly examples: readonly Violation[];
  /** Runs one more life. */
  run(): void;
}

/** A scenario of any device, ready to run. */
interface NamedScenario {
  readonly name: string;
  /** Every how many-th single cut is followed by second ones in a long run. */
  readonly longPairStride: number;
  readonly start: (options: ScenarioRunOptions) => Lives;
}

const ALL_SCENARIOS: readonly NamedScenario[] = [
  ...SCENARIOS.map(
    (scenario): NamedScenario => ({
      name: scenario.name,
      longPairStride: 1,
      start: (options) => new ScenarioRun(trialOf(scenario), options),
    }),
  ),
  ...LOG_SCENARIOS.map(
    (trial): NamedScenario => ({
      name: trial.name,
      longPairStride: LONG_LOG_PAIR_STRIDE,
      start: (options) => new ScenarioRun(trial, options),
    }),
  ),
  ...LIFECYCLE_SCENARIOS.map(
    (trial): NamedScenario => ({
      name: trial.name,
      longPairStride: 1,
      start: (options) => new ScenarioRun(trial, options),
    }),
  ),
];

/** Names of all scenarios, lives last. */
export function scenarioNames(): readonly string[] {
  return [...ALL_SCENARIOS.map(({ name }) => name), LOG_LIVES, LIFECYCLE_LIVES, LIVES];
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
    const { isLong, seed, share, units = isLong ? LONG_UNITS : SHORT_UNITS } = this.#options;
    const chosen = this.#options.scenarios ?? scenarioNames();
    const scenarios = scenarioNames().filter(
      (name, index) => chosen.includes(name) && (share === undefined || index % share.of === share.index),
    );
    for (const unit of units) {
      for (const scenario of ALL_SCENARIOS) {
        if (scenarios.includes(scenario.name) && !this.#isOver()) this.#runScenario(scenario, unit, seed);
      }
    }
    if (scenarios.includes(LOG_LIVES)) {
      this.#runOtherLives(
        LOG_LIVES,
        units.map((unit) => new LogLifeRun(unit, seed)),
      );
    }
    if (scenarios.includes(LIFECYCLE_LIVES)) {
      this.#runOtherLives(
        LIFECYCLE_LIVES,
        units.map((unit) => new LifecycleLifeRun(unit, seed)),
      );
    }
    if (scenarios.includes(LIVES)) this.#runSlotLives(units, seed);
    return this.#report();
  }

  #runScenario(scenario: NamedScenario, unit: number, seed: number): void {
    const pairStride = this.#options.isLong ? scenario.longPairStride : SHORT_PAIR_STRIDE;
    const run = scenario.start({
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

  /** With a time to spend, half of what is left of it is for these: other lives follow. */
  #runOtherLives(name: string, runs: readonly Lives[]): void {
    const { isLong, seconds } = this.#options;
    const until = seconds === undefined ? undefined : (this.#elapsed() + seconds) / 2;
    this.#runLives(name, runs, (lives, cuts) => {
      if (until !== undefined) return this.#elapsed() >= until;
      return isLong ? cuts >= LONG_OTHER_LIFE_CUTS : lives >= SHORT_LIVES;
    });
  }

  #runSlotLives(units: readonly number[], seed: number): void {
    const { isLong, seconds } = this.#options;
    const before = this.#cases();
    const runs = units.map((unit) => new LifeRun(unit, seed));
    this.#runLives(LIVES, runs, (lives, cuts) => {
      if (seconds !== undefined) return this.#isTimeUp();
      return isLong ? cuts >= LONG_LIFE_CUTS && before + cuts >= LONG_CASES : lives >= SHORT_LIVES;
    });
  }

  #runLives(name: string, runs: readonly Lives[], isEnough: (lives: number, cuts: number) => boolean): void {
    const sum = emptyTally();
    const isOver = (): boolean => {
      const hasViolation = this.#hasViolation() || runs.some(({ tally }) => tally.violations > 0);
      return this.#options.stopsAtViolation === true && hasViolation;
    };
    for (let lives = 0; !isOver() && !isEnough(lives, sum.lifeCuts); lives += 1) {
      const run = runs[lives % runs.length] as Lives;
      const { lifeCuts } = run.tally;
      run.run();
      sum.lifeCuts += run.tally.lifeCuts - lifeCuts;
      this.#progress(name, sum);
    }
    for (const run of runs) this.#add(name, run.tally, run.examples);
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
    return seconds !== undefined && this.#elapsed() >= seconds;
  }

  /** Seconds since the beginning. */
  #elapsed(): number {
    return (performance.now() - this.#began) / 1000;
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
    const { seed } = this.#options;
    return { ...sum, seed, cases: casesOf(sum), seconds: this.#elapsed(), scenarios, examples: this.#examples };
  }
}

/** All cuts of a tally. */
export function casesOf({ singleCuts, pairCuts, lifeCuts }: Readonly<Tally>): number {
  return singleCuts + pairCuts + lifeCuts;
}
