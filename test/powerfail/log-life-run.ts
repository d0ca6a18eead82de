/** Random lives of crash logs: failures, deliveries and resets in any order, with many cuts, each possibly in what an earlier one left. */
import { RESET_REASONS, type ResetReason } from "../../bootloader/log/reset-reason.ts";
import { emptyTally, type Tally, type Violation } from "../../host-tools/powerfail/report.ts";
import { PowerCut } from "./flash-errors.ts";
import type { LogOperation } from "./log-model.ts";
import { bootLog } from "./log-scenarios.ts";
import { LogWorld } from "./log-world.ts";
import { Random } from "./random.ts";
import { explain } from "./scenario-run.ts";
import { type Operation, tearsOf } from "./tears.ts";

const ACTIONS = 80;
/** In percent. */
const ACTION_CUT = 50;
const BOOT_CUT = 40;
const REST = 20;
const CUT_WITHIN = 10;
/** Slots of a block, from the fewest on. */
const LEAST_SLOTS = 16;
const SLOTS_SPREAD = 12;
const KEYS = 6;
const EXAMPLE_LIMIT = 5;

/** Lives of logs, one after the other, each from its own number. */
export class LogLifeRun {
  readonly tally: Tally = emptyTally();
  readonly examples: Violation[] = [];
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
    const life = new LogLife(this.#unit, (this.#seed * 7919 + this.#life) >>> 0, this.tally);
    try {
      life.run();
    } catch (error) {
      this.tally.violations += 1;
      if (this.examples.length >= EXAMPLE_LIMIT) return;
      const cuts = [`life ${this.#life}`, ...life.history.slice(-12)];
      this.examples.push({ scenario: "log-lives", unit: this.#unit, seed: this.#seed, cuts, message: explain(error) });
    }
  }
}

class LogLife {
  readonly history: string[] = [];
  readonly #world: LogWorld;
  readonly #random: Random;
  readonly #tally: Tally;

  constructor(unit: number, seed: number, tally: Tally) {
    this.#tally = tally;
    this.#random = new Random(seed);
    const slots = LEAST_SLOTS + this.#random.below(SLOTS_SPREAD);
    this.#world = new LogWorld({ unit, slots, isFormatted: true, seed });
  }

  run(): void {
    this.#boot();
    for (let action = 0; action < ACTIONS; action += 1) {
      if (this.#chance(REST)) this.#boot();
      else this.#act(this.#choose());
    }
    this.#boot();
  }

  #chance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }

  #choose(): LogOperation {
    const reporter = this.#chance(50) ? "root" : "runtime";
    const choice = this.#random.below(10);
    if (choice < 7) return { kind: "append", reporter, key: this.#random.below(KEYS) };
    if (choice < 8) {
      return { kind: "reset", reason: RESET_REASONS[this.#random.below(RESET_REASONS.length)] as ResetReason };
    }
    const through = Math.max(0, this.#world.lastSequence - this.#random.below(5));
    return { kind: "deliver", through, by: this.#chance(70) ? "runtime" : "service" };
  }

  /** One change, perhaps cut, and the boots that follow a cut. */
  #act(operation: LogOperation): void {
    this.history.push(JSON.stringify(operation));
    this.#planCut(this.#chance(ACTION_CUT));
    try {
      this.#world.perform(operation);
      this.#world.chip.plan(undefined);
      this.#world.check();
    } catch (error) {
      this.#requireCut(error);
      this.#boot();
    }
  }

  /** Boots until one is not cut. */
  #boot(): void {
    while (this.#chance(BOOT_CUT)) {
      this.#world.chip.powerUp();
      this.#planCut(true);
      try {
        this.#world.reboot();
        this.#world.chip.plan(undefined);
        this.#world.check();
        break;
      } catch (error) {
        this.#requireCut(error);
      }
    }
    const { operations, reads } = bootLog(this.#world);
    this.history.push("boot");
    this.#tally.worstOperations = Math.max(this.#tally.worstOperations, operations);
    this.#tally.worstReads = Math.max(this.#tally.worstReads, reads);
  }

  #planCut(isCut: boolean): void {
    this.#world.chip.plan(undefined);
    if (!isCut) return;
    this.#world.chip.plan({
      operation: this.#random.below(CUT_WITHIN),
      tear: (operation: Operation) => {
        const tears = tearsOf(operation);
        const tear = tears[this.#random.below(tears.length + 1)] ?? "before";
        const { kind, start, byteLength } = operation;
        this.history.push(`cut: ${kind} ${byteLength} at ${start}: ${tear === "before" ? tear : tear.name}`);
        return tear;
      },
    });
  }

  #requireCut(error: unknown): void {
    if (!(error instanceof PowerCut)) throw error;
    this.#tally.lifeCuts += 1;
  }
}
