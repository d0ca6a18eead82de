/** A simulated device with nothing but a crash log, and beside it what the log may hold. */
import { CrashLog } from "../../bootloader/log/crash-log.ts";
import { LogError } from "../../bootloader/log/log-error.ts";
import { stateByteLength } from "../../bootloader/log/log-state.ts";
import { markByteLength } from "../../bootloader/marks/mark.ts";
import { equalBytes } from "../../protocol/image/bytes.ts";
import { chipArea } from "./chip-area.ts";
import { apply, boot, type LogModel, type LogOperation, MODEL_QUOTAS, NEW_LOG, recordBytes } from "./log-model.ts";
import { type ChipSnapshot, NorChip } from "./nor-chip.ts";
import { PropertyViolation } from "./truth.ts";

const HEADER_BYTE_LENGTH = 32;

/** Choices of a log. */
export interface LogWorldOptions {
  /** Write unit: 4, 8 or 16. */
  readonly unit: number;
  /** Slots of a block; 16 is the fewest that these quotas allow. */
  readonly slots: number;
  /** False for flash as it comes from the factory. */
  readonly isFormatted: boolean;
  readonly seed: number;
}

/** All that a world is at one moment. */
export interface LogWorldSnapshot {
  readonly chip: ChipSnapshot;
  readonly models: readonly LogModel[];
  /** Left out when no log is open. */
  readonly open?: OpenLog;
}

/** How an open log, which is in RAM, came to be: it is made again by the same calls. */
interface OpenLog {
  readonly base: ChipSnapshot;
  readonly operations: readonly LogOperation[];
}

/** What a boot cost. */
export interface LogBootWork {
  readonly operations: number;
  readonly reads: number;
}

/** The device. Steps throw PowerCut when a cut was planned; {@link LogWorld.boot} is what happens next. */
export class LogWorld {
  readonly chip: NorChip;
  /** Of the last boot that was finished. */
  work: LogBootWork = { operations: 0, reads: 0 };
  readonly #isFormatted: boolean;
  #log: CrashLog | undefined;
  #open: OpenLog | undefined;
  /** Those that the log may turn out to be. */
  #models: readonly LogModel[] = [NEW_LOG];

  constructor({ unit, slots, isFormatted, seed }: LogWorldOptions) {
    const mark = markByteLength(unit);
    const block =
      HEADER_BYTE_LENGTH + slots * (2 * mark + stateByteLength(MODEL_QUOTAS) + MODEL_QUOTAS.recordByteLimit);
    this.chip = new NorChip({ unit, blocks: [block, block] }, seed);
    this.#isFormatted = isFormatted;
    if (isFormatted) this.#create().format();
  }

  #create(): CrashLog {
    return new CrashLog(chipArea(this.chip, 0, 2), MODEL_QUOTAS);
  }

  snapshot(): LogWorldSnapshot {
    const { chip } = this;
    return { chip: chip.snapshot(), models: this.#models, ...(this.#open === undefined ? {} : { open: this.#open }) };
  }

  restore({ chip, models, open }: LogWorldSnapshot): void {
    this.#log = undefined;
    this.#open = undefined;
    if (open === undefined) this.chip.restore(chip);
    else {
      this.chip.restore(open.base);
      this.chip.reads = 0;
      const log = this.#start();
      for (const operation of open.operations) this.#call(log, operation);
      this.#log = log;
      this.chip.plan(undefined);
      this.#open = open;
    }
    this.#models = models;
  }

  /** Sequence of the last record that was made, as far as is known. */
  get lastSequence(): number {
    return (this.#models[0] as LogModel).nextSequence - 1;
  }

  boot(): void {
    this.chip.powerUp();
    this.reboot();
  }

  /** {@link boot} for a caller that has powered the chip up itself, to plan a cut. */
  reboot(): void {
    this.#log = undefined;
    this.#open = undefined;
    const base = this.chip.snapshot();
    const before = this.#models;
    // A boot that is cut is counted or not.
    this.#models = [...before, ...before.map(boot)];
    this.#log = this.#start();
    this.#models = before.map(boot);
    this.#open = { base, operations: [] };
  }

  /** As the root of trust does it. */
  #start(): CrashLog {
    const log = this.#create();
    while (!this.#isStarted(log)) {
      try {
        log.format();
      } catch (error) {
        // What an earlier format left half made reads as finished now, and did not a moment ago.
        if (!(error instanceof LogError) || error.code !== "log-exists") throw error;
      }
    }
    this.work = { operations: this.chip.operations.length, reads: this.chip.reads };
    return log;
  }

  #isStarted(log: CrashLog): boolean {
    try {
      log.startBoot();
      return true;
    } catch (error) {
      if (!this.#isFormatted && error instanceof LogError && error.code === "log-missing") return false;
      throw error;
    }
  }

  /** A change of the log. */
  perform(operation: LogOperation): void {
    const before = this.#models;
    const after = before.map((model) => apply(model, operation));
    this.#models = [...before, ...after];
    const log = this.#log;
    const open = this.#open;
    // A cut ends the power cycle, and with it what is in RAM.
    this.#log = undefined;
    this.#open = undefined;
    this.#call(log ?? violated("no log is open"), operation);
    this.#log = log;
    this.#models = after;
    if (open !== undefined) this.#open = { ...open, operations: [...open.operations, operation] };
  }

  #call(log: CrashLog, operation: LogOperation): void {
    switch (operation.kind) {
      case "append": {
        const { reporter, key } = operation;
        const encode = (sequence: number, bootCount: number) => recordBytes({ sequence, bootCount, key });
        if (log.append({ reporter, fingerprint: key, encode }) === undefined) violated("a failure was not kept");
        return;
      }
      case "deliver": {
        for (let after = 0; ; ) {
          const found = log.read(after, true);
          if (found === undefined) break;
          after = found.sequence;
        }
        log.acknowledge(operation.through, operation.by);
        return;
      }
      case "reset":
        log.prepareReset(operation.reason);
    }
  }

  /** @throws PropertyViolation when the open log is none of those that it may be */
  check(): void {
    const found = describe(this.#log ?? violated("no log is open"));
    const possible = this.#models.filter((model) => describeModel(model) === found);
    if (possible.length === 0) {
      violated(`the log is ${found}, expected ${[...new Set(this.#models.map(describeModel))].join(" or ")}`);
    }
    this.#models = possible;
  }
}

/** All that a log tells, in one line. Records that are not what they must be show as such. */
function describe(log: CrashLog): string {
  let text = `boot ${log.bootCount} after ${log.lastReset}`;
  for (let after = 0; ; ) {
    const found = log.read(after, true);
    if (found === undefined) return text;
    const { sequence, repeats, reporter, isAcknowledged, record } = found;
    if (sequence <= after) return `${text}, ${sequence} behind ${after}`;
    after = sequence;
    const bootCount = record[1] as number;
    const key = record[2] as number;
    const isWhole = equalBytes(record, recordBytes({ sequence, bootCount, key }));
    const what = isWhole ? `${key} of boot ${bootCount}` : "half a record";
    text += `, ${sequence}: ${reporter} ${what} and ${repeats} more${isAcknowledged ? ", delivered" : ""}`;
  }
}

function describeModel({ bootCount, lastReset, entries }: LogModel): string {
  let text = `boot ${bootCount} after ${lastReset}`;
  for (const { sequence, bootCount: made, key, reporter, repeats, isAcknowledged } of entries) {
    text += `, ${sequence}: ${reporter} ${key} of boot ${made} and ${repeats} more${isAcknowledged ? ", delivered" : ""}`;
  }
  return text;
}

function violated(message: string): never {
  throw new PropertyViolation(message);
}
