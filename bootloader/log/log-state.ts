/**
 * All that the crash log knows, in a few hundred bytes: boots, the reason of a reset, and a table of the records that are kept.
 * Every change of the log writes it anew, so that a change is there as a whole or not at all. Design note 0013.
 */
import { RESET_REASONS, type ResetReason } from "./reset-reason.ts";

/** Who reported a failure: the root of trust itself, or the runtime, which may be hostile. */
export type Reporter = "root" | "runtime";

/** What a log has room for. Another choice is another layout: a log of one is not read with the other. */
export interface LogQuotas {
  /** Most records of each reporter; one cannot push out the other's. */
  readonly root: number;
  readonly runtime: number;
  /** Most bytes of a record, a multiple of 16. */
  readonly recordByteLimit: number;
}

const CHECKSUM = 0;
const BOOT_COUNT = 1;
const NEXT_SEQUENCE = 2;
/** Bits 0 to 7 the reason of the next reset, 8 to 15 of the last one, 16 to 23 the number of entries, 24 to 31 resets in a row. */
const REASONS = 3;
/** Failures that were not kept, by reporter. */
const DROPPED = 4;
/** Slots that were begun in the other block when this state was written, or before. */
const OTHER_TAIL = 6;
const HEADER_WORDS = 8;

const SEQUENCE = 0;
const REPEATS = 1;
const FINGERPRINT = 2;
/** Bits 0 to 11 slot, 12 to 23 length of the record, then flags. */
const PLACE = 3;
const ENTRY_WORDS = 4;

const RUNTIME_FLAG = 0x0100_0000;
const ACKNOWLEDGED_FLAG = 0x0200_0000;
const PLACE_MASK = 0xfff;
const PLACE_BITS = 12;

/** The largest count and sequence. */
export const COUNT_LIMIT = 0xffff_ffff;

/** Bytes of a state with all its entries: a multiple of every write unit. */
export function stateByteLength({ root, runtime }: LogQuotas): number {
  return 4 * (HEADER_WORDS + ENTRY_WORDS * (root + runtime));
}

/** One state, in the words that flash holds. Entries are in the order of their sequences. */
export class LogState {
  #words: Uint32Array;
  readonly #quotas: LogQuotas;

  /** A log without records. */
  constructor(quotas: LogQuotas) {
    this.#quotas = quotas;
    this.#words = new Uint32Array(stateByteLength(quotas) >> 2);
    this.#words[NEXT_SEQUENCE] = 1;
  }

  /** @returns undefined for words that no {@link encode} has made */
  static decode(words: Uint32Array, quotas: LogQuotas): LogState | undefined {
    const state = new LogState(quotas);
    state.#words = words;
    if (state.count > quotas.root + quotas.runtime) return undefined;
    return words[CHECKSUM] === state.#checksum() ? state : undefined;
  }

  /** The bytes to be written: without room for entries that are not there. A view that the next change invalidates. */
  encode(): Uint8Array {
    this.#words[CHECKSUM] = this.#checksum();
    return new Uint8Array(this.#words.buffer, 0, 4 * this.#end(this.count));
  }

  copy(): LogState {
    const state = new LogState(this.#quotas);
    state.#words.set(this.#words);
    return state;
  }

  get bootCount(): number {
    return this.#words[BOOT_COUNT] as number;
  }

  /** The sequence that the next record gets. */
  get nextSequence(): number {
    return this.#words[NEXT_SEQUENCE] as number;
  }

  /** Why the device was reset before this boot. */
  get lastReset(): ResetReason {
    return RESET_REASONS[((this.#words[REASONS] as number) >> 8) & 0xff] ?? "power-on";
  }

  /** Number of entries. */
  get count(): number {
    return ((this.#words[REASONS] as number) >> 16) & 0xff;
  }

  set count(count: number) {
    this.#words[REASONS] = ((this.#words[REASONS] as number) & 0xff00ffff) | (count << 16);
  }

  /** Resets in a row before this boot, each of a boot that was short; at most 255. */
  get streak(): number {
    return (this.#words[REASONS] as number) >>> 24;
  }

  /**
   * Slots that had been begun in the other, older block when this state was made. A state there below that was known, or in doubt
   * and decided against; one at or above it was written since, by a boot that did not see this state.
   */
  get otherTail(): number {
    return this.#words[OTHER_TAIL] as number;
  }

  set otherTail(tail: number) {
    this.#words[OTHER_TAIL] = tail;
  }

  /** Counts a boot; the reason that was written before the reset becomes that of the last one. Lost power ends the row of resets. */
  startBoot(): void {
    const reasons = this.#words[REASONS] as number;
    const streak = (reasons & 0xff) === 0 ? 0 : Math.min(this.streak + 1, 0xff);
    this.#words[REASONS] = (streak << 24) | (reasons & 0xff0000) | ((reasons & 0xff) << 8);
    if (this.bootCount < COUNT_LIMIT) this.#words[BOOT_COUNT] = this.bootCount + 1;
  }

  /** Says why the reset that follows happens. @param isSettled it is the first of a row */
  prepareReset(reason: ResetReason, isSettled: boolean): void {
    const kept = isSettled ? 0xffff00 : 0xffffff00;
    this.#words[REASONS] = ((this.#words[REASONS] as number) & kept) | RESET_REASONS.indexOf(reason);
  }

  /** Failures that were not kept. */
  dropped(reporter: Reporter): number {
    return this.#words[DROPPED + indexOf(reporter)] as number;
  }

  drop(reporter: Reporter): void {
    if (this.dropped(reporter) < COUNT_LIMIT) this.#words[DROPPED + indexOf(reporter)] = this.dropped(reporter) + 1;
  }

  sequence(entry: number): number {
    return this.#get(entry, SEQUENCE);
  }

  /** How often the failure came again. */
  repeats(entry: number): number {
    return this.#get(entry, REPEATS);
  }

  repeat(entry: number): void {
    if (this.repeats(entry) < COUNT_LIMIT) this.#set(entry, REPEATS, this.repeats(entry) + 1);
  }

  reporter(entry: number): Reporter {
    return (this.#get(entry, PLACE) & RUNTIME_FLAG) !== 0 ? "runtime" : "root";
  }

  isAcknowledged(entry: number): boolean {
    return (this.#get(entry, PLACE) & ACKNOWLEDGED_FLAG) !== 0;
  }

  acknowledge(entry: number): void {
    this.#set(entry, PLACE, this.#get(entry, PLACE) | ACKNOWLEDGED_FLAG);
  }

  /** The slot that holds the record's bytes. */
  slot(entry: number): number {
    return this.#get(entry, PLACE) & PLACE_MASK;
  }

  move(entry: number, slot: number): void {
    this.#set(entry, PLACE, (this.#get(entry, PLACE) & ~PLACE_MASK) | slot);
  }

  /** Bytes of the record. */
  byteLength(entry: number): number {
    return (this.#get(entry, PLACE) >>> PLACE_BITS) & PLACE_MASK;
  }

  /** The entry of a failure that was not delivered yet, or -1. */
  find(reporter: Reporter, fingerprint: number): number {
    for (let entry = 0; entry < this.count; entry += 1) {
      const isSame = this.#get(entry, FINGERPRINT) === fingerprint && this.reporter(entry) === reporter;
      if (isSame && !this.isAcknowledged(entry)) return entry;
    }
    return -1;
  }

  /** Adds an entry with the next sequence; its slot is still to be set. @returns its number */
  add(reporter: Reporter, fingerprint: number, byteLength: number): number {
    const entry = this.count;
    this.count = entry + 1;
    this.#set(entry, SEQUENCE, this.nextSequence);
    this.#set(entry, REPEATS, 0);
    this.#set(entry, FINGERPRINT, fingerprint);
    this.#set(entry, PLACE, (byteLength << PLACE_BITS) | (reporter === "runtime" ? RUNTIME_FLAG : 0));
    this.#words[NEXT_SEQUENCE] = this.nextSequence + 1;
    return entry;
  }

  remove(entry: number): void {
    this.#words.copyWithin(this.#end(entry), this.#end(entry + 1), this.#end(this.count));
    this.count -= 1;
  }

  /** Word behind the first `count` entries. */
  #end(count: number): number {
    return HEADER_WORDS + ENTRY_WORDS * count;
  }

  #get(entry: number, field: number): number {
    return this.#words[HEADER_WORDS + ENTRY_WORDS * entry + field] as number;
  }

  #set(entry: number, field: number, value: number): void {
    this.#words[HEADER_WORDS + ENTRY_WORDS * entry + field] = value;
  }

  #checksum(): number {
    return checksum(this.#words, CHECKSUM + 1, this.#end(this.count));
  }
}

function indexOf(reporter: Reporter): number {
  return reporter === "root" ? 0 : 1;
}

/** FNV-1a over words instead of bytes, for a quarter of the time: it guards against accidents of single cells only. */
export function checksum(words: Uint32Array, start: number, end: number): number {
  // Signed words are integers to an engine, of which unsigned ones above 2^31 are not.
  const signed = new Int32Array(words.buffer, words.byteOffset, words.length);
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ (signed[index] as number), 0x01000193);
  return hash >>> 0;
}
