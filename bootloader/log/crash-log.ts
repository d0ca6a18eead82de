/** The crash log of the root of trust: failure records, boot count and reset reason, safe against power cuts. Design note 0013. */
import type { MarkFlash } from "../marks/flash-access.ts";
import { LogBlock, type OpenBlock, RESERVED_SLOTS } from "./log-block.ts";
import { LogError } from "./log-error.ts";
import { COUNT_LIMIT, type LogQuotas, LogState, type Reporter } from "./log-state.ts";
import type { ResetReason } from "./reset-reason.ts";

/** Records that are kept, by reporter. */
export const LOG_QUOTAS: LogQuotas = Object.freeze({ root: 12, runtime: 20, recordByteLimit: 512 });

/** Changes in one power cycle that each reporter gets written at once; beyond, only what doubles a count is. */
const WRITES_PER_BOOT = 32;
/** Counts that reading may bring up to date in flash in one power cycle. */
const WRITES_FOR_READING = 8;
/** Counts that double in one power cycle and are written although nothing else is. */
const WRITES_FOR_DOUBLING = 64;
/** What is left of those when resets follow each other: half as much after each, and no less than this. */
const LEAST_WRITES = 2;
/** Slots that may fail one after the other before the flash counts as worn. */
const STORE_TRIES = 4;
/** What a change answers that adds no entry. */
const NOTHING_ADDED = -1;

/** A record as it was kept. */
export interface StoredFailure {
  readonly sequence: number;
  /** How often the same failure came again after it. */
  readonly repeats: number;
  readonly reporter: Reporter;
  /** Delivered, as the runtime says. */
  readonly isAcknowledged: boolean;
  readonly record: Uint8Array;
}

/** A failure to be kept. */
export interface NewFailure {
  readonly reporter: Reporter;
  /** Equal for what counts as the same failure; see `fingerprintOf`. */
  readonly fingerprint: number;
  /** Makes the record of at most 512 bytes, which holds the sequence and boot count that it is given. */
  readonly encode: (sequence: number, bootCount: number) => Uint8Array;
}

/** Whose word it is that records were delivered. Only what a `service` signed frees a record of the root of trust. */
export type Acknowledger = "runtime" | "service";

/**
 * The log over two blocks. {@link startBoot} comes first, once a power cycle; before it nothing is told.
 *
 * A change is written as a slot of its own that holds the whole state. One that returned is there after any power cut; one that was
 * cut is there or not, which the next `startBoot` decides for good: it writes a state built on what it found.
 */
export class CrashLog {
  readonly #blocks: readonly [LogBlock, LogBlock];
  readonly #quotas: LogQuotas;
  readonly #budgets: Record<Reporter | "reading" | "doubling", number>;
  /** By entry: one more than its repeats when it was read last. */
  readonly #shown: Uint32Array;
  #state: LogState | undefined;
  #active = 0;
  #generation = 0;
  /** The first slot of the active block that was not begun. */
  #tail = 0;
  /** The state has counts that flash does not. */
  #isPending = false;

  /**
   * @param flash exactly the two blocks
   * @throws LogError `log-geometry`
   */
  constructor(flash: MarkFlash, quotas: LogQuotas = LOG_QUOTAS) {
    this.#blocks = [new LogBlock(flash, 0, quotas), new LogBlock(flash, 1, quotas)];
    this.#quotas = quotas;
    this.#shown = new Uint32Array(quotas.root + quotas.runtime);
    this.#budgets = {
      root: WRITES_PER_BOOT,
      runtime: WRITES_PER_BOOT,
      reading: WRITES_FOR_READING,
      doubling: WRITES_FOR_DOUBLING,
    };
  }

  /**
   * Makes a log without records: in the factory, or where the flash has lost it.
   * @throws LogError `log-exists`, `log-worn`
   */
  format(): void {
    if (this.#find() !== undefined) throw new LogError("log-exists", "no finished state", "one");
    // A block that an earlier format left half made may read as finished later: the lower one then, so it is not erased here.
    const opens = [this.#block(0).open(), this.#block(1).open()];
    const newer = newerOf(opens);
    const other = opens[newer];
    const state = new LogState(this.#quotas);
    state.otherTail = other?.tail ?? 0;
    const block = this.#block(other === undefined ? 0 : 1 - newer);
    if (!block.begin((other?.generation ?? 0) + 1) || !block.store(0, state, undefined)) throw worn();
  }

  /**
   * Opens the log, settles what a power cut left, and counts this boot.
   * @throws LogError `log-missing`, `log-worn`
   */
  startBoot(): void {
    const found = this.#find();
    if (found === undefined) throw new LogError("log-missing", "a finished state", "none");
    const { index, open, state } = found;
    this.#state = state;
    this.#active = index;
    this.#generation = open.generation;
    this.#tail = open.tail;
    this.#change((next) => {
      next.startBoot();
      return NOTHING_ADDED;
    });
    for (const budget of ["runtime", "reading", "doubling"] as const) {
      this.#budgets[budget] = Math.max(this.#budgets[budget] >> Math.min(this.streak, 8), LEAST_WRITES);
    }
  }

  /** Boots so far, this one among them. @throws LogError `log-closed` */
  get bootCount(): number {
    return this.#open().bootCount;
  }

  /** Why the device was reset before this boot. @throws LogError `log-closed` */
  get lastReset(): ResetReason {
    return this.#open().lastReset;
  }

  /** Resets in a row before this boot, each of a boot that was not settled; 0 for a log that is not open, which nothing wears. */
  get streak(): number {
    return this.#state?.streak ?? 0;
  }

  /** Failures of a reporter that were not kept, because there were too many different ones. @throws LogError `log-closed` */
  dropped(reporter: Reporter): number {
    return this.#open().dropped(reporter);
  }

  /** Erases so far, of both blocks together. */
  get erases(): number {
    return this.#generation;
  }

  /**
   * Writes why the reset that follows happens; without it power was lost.
   * @param isSettled this boot has lived so long that a new row of resets begins
   * @throws LogError `log-closed`, `log-worn`
   */
  prepareReset(reason: ResetReason, isSettled = false): void {
    this.#open();
    this.#change((next) => {
      next.prepareReset(reason, isSettled);
      return NOTHING_ADDED;
    });
  }

  /**
   * Keeps a failure, or counts it when the same one was kept before and not delivered.
   * @returns its sequence; undefined when the reporter has had too many different ones in this power cycle, which is counted
   * @throws LogError `log-closed`, `log-worn`; RangeError for a record that is too long
   */
  append({ reporter, fingerprint, encode }: NewFailure): number | undefined {
    const state = this.#open();
    const known = state.find(reporter, fingerprint);
    if (known >= 0) {
      this.#repeat(known);
      return state.sequence(known);
    }
    if (this.#budgets[reporter] === 0 || state.nextSequence === COUNT_LIMIT) {
      state.drop(reporter);
      this.#isPending = true;
      return undefined;
    }
    const sequence = state.nextSequence;
    const record = encode(sequence, state.bootCount);
    if (record.length > this.#quotas.recordByteLimit)
      throw new RangeError(`crash log: record of ${record.length} bytes`);
    this.#budgets[reporter] -= 1;
    this.#change((next) => {
      this.#makeRoom(next, reporter);
      return next.add(reporter, fingerprint, record.length);
    }, record);
    return sequence;
  }

  /**
   * The first record after a sequence that was not delivered, or with `all` any record.
   * @throws LogError `log-closed`, `log-worn`
   */
  read(after: number, all = false): StoredFailure | undefined {
    const state = this.#open();
    let entry = 0;
    while (entry < state.count && (state.sequence(entry) <= after || (state.isAcknowledged(entry) && !all))) entry += 1;
    if (entry === state.count) return undefined;
    if (this.#isPending && this.#budgets.reading > 0) {
      this.#budgets.reading -= 1;
      this.#change(() => NOTHING_ADDED);
    }
    return this.#show(entry);
  }

  #show(entry: number): StoredFailure {
    const state = this.#open();
    const repeats = state.repeats(entry);
    this.#shown[entry] = repeats + 1;
    return {
      sequence: state.sequence(entry),
      repeats,
      reporter: state.reporter(entry),
      isAcknowledged: state.isAcknowledged(entry),
      record: this.#block(this.#active).readRecord(state.slot(entry), state.byteLength(entry)),
    };
  }

  /**
   * Says that the records up to a sequence were delivered. Counts are part of a record: one whose count has risen since it was read
   * in this power cycle was not. The runtime's word marks a record as delivered, which lets newer records of the runtime take the
   * place of its own; the service's word frees it.
   * @throws LogError `log-closed`, `log-worn`
   */
  acknowledge(through: number, by: Acknowledger = "runtime"): void {
    const state = this.#open();
    let isDue = false;
    for (let entry = 0; entry < state.count; entry += 1) isDue ||= this.#isDelivered(entry, through, by);
    if (!isDue || (by === "runtime" && this.#budgets.runtime === 0)) return;
    if (by === "runtime") this.#budgets.runtime -= 1;
    this.#change((next) => {
      for (let entry = next.count - 1; entry >= 0; entry -= 1) {
        if (!this.#isDelivered(entry, through, by)) continue;
        if (by === "service") this.#remove(next, entry);
        else next.acknowledge(entry);
      }
      return NOTHING_ADDED;
    });
  }

  #isDelivered(entry: number, through: number, by: Acknowledger): boolean {
    const state = this.#open();
    if (state.sequence(entry) > through || (by === "runtime" && state.isAcknowledged(entry))) return false;
    return this.#shown[entry] === state.repeats(entry) + 1;
  }

  #repeat(entry: number): void {
    const state = this.#open();
    const reporter = state.reporter(entry);
    const repeats = state.repeats(entry) + 1;
    const isDoubled = (repeats & (repeats - 1)) === 0;
    const budget = this.#budgets[reporter] === 0 && isDoubled ? "doubling" : reporter;
    if (this.#budgets[budget] === 0) {
      state.repeat(entry);
      this.#isPending = true;
      return;
    }
    this.#budgets[budget] -= 1;
    this.#change((next) => {
      next.repeat(entry);
      return NOTHING_ADDED;
    });
  }

  /** Frees the place of a record when its reporter has no other. */
  #makeRoom(state: LogState, reporter: Reporter): void {
    const quota = this.#quotas[reporter];
    let count = 0;
    let delivered = -1;
    let middle = -1;
    for (let entry = 0; entry < state.count; entry += 1) {
      if (state.reporter(entry) !== reporter) continue;
      if (delivered < 0 && state.isAcknowledged(entry)) delivered = entry;
      if (count === quota >> 1) middle = entry;
      count += 1;
    }
    if (count < quota) return;
    // The runtime's word costs no record of the root of trust its place. The older half stays, for what began a storm is in it.
    this.#remove(state, reporter === "runtime" && delivered >= 0 ? delivered : middle);
  }

  #remove(state: LogState, entry: number): void {
    state.remove(entry);
    this.#shown.copyWithin(entry, entry + 1);
    this.#shown[this.#shown.length - 1] = 0;
  }

  #open(): LogState {
    if (this.#state === undefined) throw new LogError("log-closed", "a boot that was started", "none");
    return this.#state;
  }

  #block(index: number): LogBlock {
    return this.#blocks[index] as LogBlock;
  }

  /** The block whose state counts, as far as this one reading says. */
  #find(): FoundBlock | undefined {
    const opens = [this.#block(0).open(), this.#block(1).open()];
    const newer = newerOf(opens);
    const open = opens[newer];
    const other = opens[1 - newer];
    const state = open?.state;
    if (open !== undefined && state !== undefined && (other === undefined || other.slot < state.otherTail)) {
      // What this boot writes stands above all that is in doubt in the other block.
      if (other !== undefined) state.otherTail = other.tail;
      return { index: newer, open, state };
    }
    return other?.state === undefined ? undefined : { index: 1 - newer, open: other, state: other.state };
  }

  /**
   * Changes the state, in flash for good before in RAM.
   * @param apply changes a copy, and returns the entry that it added for `record`
   * @throws LogError `log-worn`
   */
  #change(apply: (next: LogState) => number, record?: Uint8Array): void {
    if (this.#tail >= this.#block(this.#active).slots && !this.#compact()) throw worn();
    const next = this.#open().copy();
    const added = apply(next);
    if (!this.#store(next, added, record)) {
      // What was removed is there still, so nothing of it was shown.
      this.#shown.fill(0);
      throw worn();
    }
    this.#state = next;
    this.#isPending = false;
    // A block that cannot be made now is tried again with the next change; the reserved slots are there for that.
    if (this.#tail >= this.#block(this.#active).slots - RESERVED_SLOTS) this.#compact();
  }

  #store(state: LogState, added: number, record: Uint8Array | undefined): boolean {
    const block = this.#block(this.#active);
    for (let tries = 0; tries < STORE_TRIES && this.#tail < block.slots; tries += 1) {
      const slot = this.#tail;
      this.#tail += 1;
      if (added >= 0) state.move(added, slot);
      if (block.store(slot, state, record)) return true;
    }
    return false;
  }

  /** Makes the other block from what is kept of this one, which counts until the other is finished. @returns false when flash failed */
  #compact(): boolean {
    const source = this.#block(this.#active);
    const target = this.#block(1 - this.#active);
    const state = this.#open().copy();
    const generation = this.#generation + 1;
    if (!target.begin(generation)) return false;
    for (let entry = 0; entry < state.count; entry += 1) {
      const record = source.readRecord(state.slot(entry), state.byteLength(entry));
      if (!target.putRecord(entry, record)) return false;
      state.move(entry, entry);
    }
    state.otherTail = this.#tail;
    if (!target.store(state.count, state, undefined)) return false;
    this.#state = state;
    this.#active = 1 - this.#active;
    this.#generation = generation;
    this.#tail = state.count + 1;
    return true;
  }
}

/** What {@link CrashLog} starts from. */
interface FoundBlock {
  readonly index: number;
  readonly open: OpenBlock;
  readonly state: LogState;
}

/** Number of the block with the higher generation. */
function newerOf(opens: readonly (OpenBlock | undefined)[]): number {
  return (opens[1]?.generation ?? 0) > (opens[0]?.generation ?? 0) ? 1 : 0;
}

function worn(): LogError {
  return new LogError("log-worn", "flash that takes a record", "flash that does not");
}
