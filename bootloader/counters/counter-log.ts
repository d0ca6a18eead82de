/** Counters that only rise and the selection of slots, in two sectors that survive a power cut anywhere. Design note 0010. */
import type { MarkFlash } from "../marks/flash-access.ts";
import type { ImageNumber } from "./counter-names.ts";
import { StateError } from "./state-error.ts";
import { COUNTER_COUNT, COUNTER_LIMIT, requireCounter, type SlotName, type StateRecord } from "./state-record.ts";
import { type OpenSector, STEP_REACH, StateSector, VOID_THERMOMETER } from "./state-sector.ts";

/** All that the state sectors say, read once. */
export interface CounterState {
  /** By counter (see `counter-names.ts`). */
  readonly counters: readonly number[];
  /** By counter: the value that it has for good, so that raising it to that would change nothing. */
  readonly proven: readonly number[];
  /** By image: the slot preferred among confirmed ones. */
  readonly selection: readonly (SlotName | undefined)[];
  /** False while the other sector holds a record that may yet come to count. */
  readonly isSettled: boolean;
  /** How many records there have been: each costs an erase of one of the two sectors. */
  readonly sequence: number;
}

/** Readable sectors by sequence; only `newer` when there is one. */
interface SectorOrder {
  readonly newer: OpenSector | undefined;
  readonly older: OpenSector | undefined;
}

/**
 * The two-sector log. Each call reads flash afresh and keeps nothing: what the flash says is all that a power cut leaves.
 *
 * A call that returned has changed the flash for good. A call that a cut ended has changed it, or not, or left cells that read as
 * either until the next call that writes settles them; every one of these states is one that the decisions may act on.
 */
export class CounterLog {
  readonly #sectors: readonly [StateSector, StateSector];

  /**
   * @param flash exactly the two sectors
   * @throws StateError `state-geometry`
   */
  constructor(flash: MarkFlash) {
    this.#sectors = [new StateSector(flash, 0), new StateSector(flash, 1)];
  }

  /** @returns undefined when no sector holds a finished record: a device that was never formatted, or one that is broken */
  read(): CounterState | undefined {
    const order = this.#open();
    const active = this.#active(order);
    if (active === undefined) return undefined;
    const { counters, proven } = readCounters(active);
    const isSettled = active === order.newer && active.seal.isProven;
    const { selection, sequence } = active.record;
    return { counters, proven, selection, isSettled, sequence };
  }

  /**
   * Decides for good between a record that a cut left unfinished and the one before it; what {@link read} says from then on stays.
   * @throws StateError `state-missing`, `state-worn`
   */
  settle(): void {
    this.#writable();
  }

  /**
   * Makes the first record, all zero; for the Blank lifecycle only.
   * @throws StateError `state-exists`, `state-worn`
   */
  format(): void {
    const order = this.#open();
    if (this.#active(order) !== undefined) throw new StateError("state-exists", "no finished record", "one");
    // A record that a cut left half sealed may read as finished later: it must be the lower one then, so it is not erased here.
    const [first, second] = this.#sectors;
    const target = order.newer?.sector === first ? second : first;
    const sequence = (order.newer?.record.sequence ?? 0) + 1;
    this.#replace(target, { sequence, selection: [], bases: [] });
  }

  /**
   * Raises a counter to `value`; nothing happens when it is there already.
   * @throws StateError `state-missing`, `state-value`, `state-worn`
   */
  raise(counter: number, value: number): void {
    requireCounter("counter", value);
    const active = this.#writable();
    const base = active.record.bases[counter] ?? 0;
    const { proven, touched } = active.sector.read(counter);
    if (base + proven >= value) return;
    const step = value - base;
    // Beside a step that a cut left in doubt none is written: both could be read or missed independently later.
    const isInPlace = touched === proven && step <= proven + STEP_REACH;
    if (isInPlace && active.sector.raise(counter, step)) return;
    const bases = readCounters(active).counters;
    bases[counter] = Math.max(value, bases[counter] ?? 0);
    this.#succeed(active, active.record.selection, bases);
  }

  /**
   * Prefers a slot among the confirmed ones of an image.
   * @throws StateError `state-missing`, `state-worn`
   */
  select(image: ImageNumber, slot: SlotName): void {
    const active = this.#writable();
    if (active.record.selection[image] === slot) return;
    const selection = active.record.selection.slice();
    selection[image] = slot;
    this.#succeed(active, selection, readCounters(active).counters);
  }

  #open(): SectorOrder {
    const first = this.#sectors[0].open();
    const second = this.#sectors[1].open();
    if (first === undefined || second === undefined) return { newer: first ?? second, older: undefined };
    return first.record.sequence >= second.record.sequence
      ? { newer: first, older: second }
      : { newer: second, older: first };
  }

  /** The sector whose record counts, as far as this one reading says. */
  #active({ newer, older }: SectorOrder): OpenSector | undefined {
    const fallback = older?.seal.isSet ? older : undefined;
    if (newer === undefined || !newer.seal.isSet) return fallback;
    return fallback !== undefined && isVoid(newer, fallback) ? fallback : newer;
  }

  /** The sector whose record counts, now and whatever else its cells or the other sector's may read as later. */
  #writable(): OpenSector {
    const order = this.#open();
    const active = this.#active(order);
    if (active === undefined) throw new StateError("state-missing", "a finished record", "none");
    if (active === order.newer && isForGood(active)) return active;
    const { newer, older } = order;
    if (newer === undefined || older === undefined || !older.seal.isSet || !isForGood(older)) {
      throw new StateError("state-worn", "a record that can be relied on", "none");
    }
    // The newer record was never finished for good. It must not come back over what is written from now on.
    this.#void(older, newer);
    return older;
  }

  #void(older: OpenSector, newer: OpenSector): void {
    let step = newer.record.sequence - older.record.sequence;
    if (older.sector.read(VOID_THERMOMETER).proven >= step) return;
    const steps = older.sector.stepsOf(VOID_THERMOMETER);
    for (; step <= steps; step += 1) {
      if (older.sector.raise(VOID_THERMOMETER, step)) return;
    }
    // Cuts have used up all steps. What is left is that the newer record does not read as finished now: a device that can never
    // be updated again would be worse.
  }

  /** Writes the record that follows `active` into the other sector. `active` is one that {@link #writable} returned. */
  #succeed(active: OpenSector, selection: StateRecord["selection"], bases: readonly number[]): void {
    const sequence = active.record.sequence + active.sector.read(VOID_THERMOMETER).touched + 1;
    const [first, second] = this.#sectors;
    this.#replace(active.sector === first ? second : first, { sequence, selection, bases });
  }

  #replace(target: StateSector, record: StateRecord): void {
    if (record.sequence > COUNTER_LIMIT || !target.replace(record)) {
      throw new StateError("state-worn", "a sector that takes a record", "one that does not");
    }
  }
}

/** Makes sure that a sector whose record reads as finished always will. */
function isForGood({ sector, seal }: OpenSector): boolean {
  return seal.isProven || sector.prove();
}

/** A finished record that was proven is never void: it was there for good before anything could be decided against it. */
function isVoid(newer: OpenSector, older: OpenSector): boolean {
  if (newer.seal.isProven) return false;
  return newer.record.sequence <= older.record.sequence + older.sector.read(VOID_THERMOMETER).value;
}

function readCounters({ sector, record }: OpenSector): { counters: number[]; proven: number[] } {
  const counters: number[] = [];
  const proven: number[] = [];
  for (let counter = 0; counter < COUNTER_COUNT; counter += 1) {
    const base = record.bases[counter] ?? 0;
    const reading = sector.read(counter);
    counters.push(base + reading.value);
    proven.push(base + reading.proven);
  }
  return { counters, proven };
}
