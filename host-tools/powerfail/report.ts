/** What a run of the simulator tells: how much was tried, how bad it got, what went wrong. */

/** What to run. */
export interface PowerfailOptions {
  readonly seed: number;
  /** All pairs of cuts on all makes of flash and many lives, a million cases or more; otherwise some seconds' worth. */
  readonly isLong: boolean;
  /** Ends the run after this time; with `isLong`, lives go on until then. */
  readonly seconds?: number | undefined;
  /** Ends the run after the first violation. */
  readonly stopsAtViolation?: boolean;
  /** Names of scenarios; all when left out. */
  readonly scenarios?: readonly string[] | undefined;
  /** Runs every `of`-th scenario only, from `index` on, so that several threads share a run; all when left out. */
  readonly share?: { readonly index: number; readonly of: number } | undefined;
  /** Write units in bytes; left out: 8, 4 and 16 for a long run, 8 for a short one. */
  readonly units?: readonly number[] | undefined;
}

/** A case that broke a property, so that it can be repeated. */
export interface Violation {
  readonly scenario: string;
  readonly unit: number;
  readonly seed: number;
  /** Steps, operations and tears that led there. */
  readonly cuts: readonly string[];
  readonly message: string;
}

/** Counts of one scenario, or of all. */
export interface Tally {
  singleCuts: number;
  pairCuts: number;
  /** Cuts in random lives. */
  lifeCuts: number;
  /** Most boots until a confirmed image ran; tries that a product grants beyond the first are not counted. */
  worstBoots: number;
  /** Most writes and erases of one boot. */
  worstOperations: number;
  /** Most reads of one boot. */
  worstReads: number;
  violations: number;
}

/** A line of the report. */
export interface ScenarioReport extends Readonly<Tally> {
  readonly name: string;
}

/** The whole of it. */
export interface PowerfailReport extends Readonly<Tally> {
  readonly seed: number;
  /** All cuts together. */
  readonly cases: number;
  readonly seconds: number;
  readonly scenarios: readonly ScenarioReport[];
  /** The first ones; `violations` counts all. */
  readonly examples: readonly Violation[];
}

export function emptyTally(): Tally {
  return {
    singleCuts: 0,
    pairCuts: 0,
    lifeCuts: 0,
    worstBoots: 0,
    worstOperations: 0,
    worstReads: 0,
    violations: 0,
  };
}

/** Adds what `more` counted to `sum`. */
export function addTally(sum: Tally, more: Readonly<Tally>): void {
  sum.singleCuts += more.singleCuts;
  sum.pairCuts += more.pairCuts;
  sum.lifeCuts += more.lifeCuts;
  sum.violations += more.violations;
  sum.worstBoots = Math.max(sum.worstBoots, more.worstBoots);
  sum.worstOperations = Math.max(sum.worstOperations, more.worstOperations);
  sum.worstReads = Math.max(sum.worstReads, more.worstReads);
}

/** Puts the reports of shares together, in the order in which one run would have them. */
export function joinReports(reports: readonly PowerfailReport[]): PowerfailReport {
  const sum = emptyTally();
  const scenarios: ScenarioReport[] = [];
  let cases = 0;
  let seconds = 0;
  for (const report of reports) {
    addTally(sum, report);
    cases += report.cases;
    seconds = Math.max(seconds, report.seconds);
  }
  const longest = Math.max(...reports.map((report) => report.scenarios.length));
  for (let index = 0; index < longest; index += 1) {
    for (const report of reports) scenarios.push(...report.scenarios.slice(index, index + 1));
  }
  const examples = reports.flatMap((report) => report.examples);
  return { ...sum, seed: reports[0]?.seed ?? 0, cases, seconds, scenarios, examples };
}
