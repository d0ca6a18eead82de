/** A strict model of NOR flash whose power can fail inside a write or an erase, with cells that stay undecided afterwards. */
import { FlashFailure, NorViolation, PowerCut } from "./flash-errors.ts";
import { Random } from "./random.ts";
import type { Operation, ReadMode, Tear } from "./tears.ts";

/** Up to here a loop is faster than a view. */
const COPY_LIMIT = 128;
const UNIT_ERASED = 0;
const UNIT_PROGRAMMED = 1;
/** Power failed while the unit was programmed. */
const UNIT_TOUCHED = 2;

/** Cells that read as either of two values, and how, by the number of the power cycle since they were torn. */
interface Undecided {
  readonly start: number;
  readonly end: number;
  /** Power cycle of the tear. */
  readonly cycle: number;
  readonly modes: readonly ReadMode[];
}

/** Where and how power fails next. */
export interface CutPlan {
  /** Number of the write or erase since the plan was made, from 0. */
  readonly operation: number;
  /** Before the operation, or inside it; a function decides when the operation is known. After one is before the next. */
  readonly tear: CutTear | ((operation: Operation) => CutTear);
}

/** How power fails at an operation. */
export type CutTear = Tear | "before";

/** All that a chip is. */
export interface ChipSnapshot {
  readonly high: Uint8Array;
  readonly low: Uint8Array;
  readonly units: Uint8Array;
  readonly unfinished: Uint8Array;
  readonly undecided: readonly Undecided[];
  readonly cycle: number;
  readonly random: number;
}

/** Sizes in bytes. Blocks may differ, as the areas of a world do. */
export interface ChipGeometry {
  readonly unit: number;
  readonly blocks: readonly number[];
}

/**
 * Rules: a unit is programmed once per erase; a block whose erase was not finished is not programmed at all. Breaking one throws
 * {@link NorViolation}. A unit that power failed in may be programmed again if it reads erased, since no program can know.
 *
 * A cell is decided when `high` and `low` agree. The others read as the one or the other, by the modes of their tear.
 */
export class NorChip {
  readonly unit: number;
  /** First byte of each block, and the end of the last. */
  readonly starts: readonly number[];
  readonly random: Random;
  /** Writes and erases since the last plan, or since {@link powerUp}. */
  operations: Operation[] = [];
  /** Reads since {@link powerUp}. */
  reads = 0;
  high: Uint8Array;
  low: Uint8Array;
  #units: Uint8Array;
  #unfinished: Uint8Array;
  #undecided: readonly Undecided[] = [];
  #cycle = 0;
  #plan: CutPlan | undefined;
  #isDead = false;
  /** One for all: a million of them, each with a stack, would take most of the time. */
  readonly #cut = new PowerCut("power cut");

  constructor({ unit, blocks }: ChipGeometry, seed: number) {
    this.unit = unit;
    const starts = [0];
    for (const byteLength of blocks) starts.push((starts.at(-1) as number) + byteLength);
    this.starts = starts;
    const byteLength = starts.at(-1) as number;
    this.high = new Uint8Array(byteLength).fill(0xff);
    this.low = new Uint8Array(byteLength).fill(0xff);
    this.#units = new Uint8Array(byteLength / unit);
    this.#unfinished = new Uint8Array(blocks.length);
    this.random = new Random(seed);
  }

  snapshot(): ChipSnapshot {
    return {
      high: this.high.slice(),
      low: this.low.slice(),
      units: this.#units.slice(),
      unfinished: this.#unfinished.slice(),
      undecided: this.#undecided,
      cycle: this.#cycle,
      random: this.random.state,
    };
  }

  restore(snapshot: ChipSnapshot): void {
    this.high.set(snapshot.high);
    this.low.set(snapshot.low);
    this.#units.set(snapshot.units);
    this.#unfinished.set(snapshot.unfinished);
    this.#undecided = snapshot.undecided;
    this.#cycle = snapshot.cycle;
    this.random.state = snapshot.random;
    this.plan(undefined);
  }

  /** A new power cycle: RAM is gone, undecided cells may read otherwise. */
  powerUp(): void {
    this.#cycle += 1;
    this.reads = 0;
    this.plan(undefined);
  }

  /** Sets or forgets the next cut, and counts operations from 0. */
  plan(plan: CutPlan | undefined): void {
    this.#plan = plan;
    this.#isDead = false;
    this.operations = [];
  }

  /** True when every cell of a range is decided, and so will read the same for ever. */
  isDecided(start: number, end: number): boolean {
    for (let at = start; at < end; at += 1) if (this.high[at] !== this.low[at]) return false;
    return true;
  }

  /** Tool access, without rules and cuts: what a programmer writes in the factory. */
  preset(bytes: Uint8Array, start: number): void {
    this.high.set(bytes, start);
    this.low.set(bytes, start);
    this.#units.fill(UNIT_PROGRAMMED, start / this.unit, Math.ceil((start + bytes.length) / this.unit));
  }

  read(target: Uint8Array, start: number): void {
    this.#requirePower();
    this.reads += 1;
    const end = start + target.length;
    if (target.length > COPY_LIMIT) target.set(this.high.subarray(start, end));
    else for (let at = start; at < end; at += 1) target[at - start] = this.high[at] as number;
    for (const region of this.#undecided) {
      if (region.start < end && region.end > start) this.#overlay(target, start, region);
    }
  }

  #overlay(target: Uint8Array, start: number, region: Undecided): void {
    const index = Math.min(this.#cycle - region.cycle, region.modes.length) - 1;
    const mode = region.modes[Math.max(index, 0)] as ReadMode;
    if (mode === "high") return;
    const isLow = mode === "low" || (mode === "flicker" && this.reads % 2 === 1);
    if (mode === "flicker" && !isLow) return;
    const from = Math.max(start, region.start);
    const to = Math.min(start + target.length, region.end);
    for (let at = from; at < to; at += 1) {
      const high = this.high[at] as number;
      const low = this.low[at] as number;
      if (high !== low) target[at - start] = isLow ? low : low | (high & ~low & this.random.bits());
    }
  }

  write(bytes: Uint8Array, start: number): void {
    this.#requirePower();
    this.#checkProgrammable(bytes, start);
    const tear = this.#next({ kind: "write", start, byteLength: bytes.length });
    if (tear !== undefined) this.#tearWrite(bytes, start, tear);
    for (let index = 0; index < bytes.length; index += 1) {
      const value = bytes[index] as number;
      this.high[start + index] = (this.high[start + index] as number) & value;
      this.low[start + index] = (this.low[start + index] as number) & value;
    }
    this.#units.fill(UNIT_PROGRAMMED, start / this.unit, (start + bytes.length) / this.unit);
    const found = new Uint8Array(bytes.length);
    this.read(found, start);
    for (let index = 0; index < bytes.length; index += 1) {
      if (found[index] !== bytes[index]) throw new FlashFailure("verify-failed", `other bytes at ${start + index}`);
    }
  }

  #checkProgrammable(bytes: Uint8Array, start: number): void {
    if (start % this.unit !== 0 || bytes.length % this.unit !== 0 || bytes.length === 0) {
      throw new NorViolation(`write of ${bytes.length} bytes at ${start}, expected whole units of ${this.unit}`);
    }
    const end = start + bytes.length;
    for (let block = 0; block < this.#unfinished.length; block += 1) {
      const isInside = (this.starts[block] as number) < end && (this.starts[block + 1] as number) > start;
      if (isInside && this.#unfinished[block] !== 0) {
        throw new NorViolation(`write at ${start} into block ${block}, whose erase was not finished`);
      }
    }
    let isTouched = false;
    for (let unit = start / this.unit; unit < end / this.unit; unit += 1) {
      if (this.#units[unit] === UNIT_PROGRAMMED) throw new NorViolation(`unit at ${unit * this.unit} programmed twice`);
      if (this.#units[unit] === UNIT_TOUCHED) isTouched = true;
    }
    if (!isTouched) return;
    const found = new Uint8Array(bytes.length);
    this.read(found, start);
    if (found.some((byte) => byte !== 0xff)) throw new FlashFailure("not-erased", `bits at ${start} are programmed`);
  }

  /** Each byte of `bytes` clears bits; those that change are in flight. */
  #tearWrite(bytes: Uint8Array, start: number, tear: Tear): never {
    this.#units.fill(UNIT_TOUCHED, start / this.unit, (start + bytes.length) / this.unit);
    let flight = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      const at = start + index;
      for (let bit = 1; bit < 0x100; bit <<= 1) {
        const isInFlight = ((this.high[at] as number) & ~(bytes[index] as number) & bit) !== 0;
        if (!isInFlight) continue;
        const isCleared = tear.modes !== undefined || tear.hits(flight, index / bytes.length, this.random);
        flight += 1;
        if (!isCleared) continue;
        this.low[at] = (this.low[at] as number) & ~bit;
        if (tear.modes === undefined) this.high[at] = (this.high[at] as number) & ~bit;
      }
    }
    this.#leaveUndecided(start, start + bytes.length, tear);
    return this.#die();
  }

  erase(block: number): void {
    this.#requirePower();
    const start = this.starts[block] as number;
    const end = this.starts[block + 1] as number;
    const tear = this.#next({ kind: "erase", start, byteLength: end - start });
    if (tear !== undefined) this.#tearErase(block, tear);
    this.high.fill(0xff, start, end);
    this.low.fill(0xff, start, end);
    this.#units.fill(UNIT_ERASED, start / this.unit, end / this.unit);
    this.#unfinished[block] = 0;
    this.#undecided = this.#undecided.filter((region) => region.end <= start || region.start >= end);
  }

  /** An erase may first program all cells and then erases them, so that a cut leaves what was there, zeros, ones, or any of them. */
  #tearErase(block: number, tear: Tear): never {
    const start = this.starts[block] as number;
    const end = this.starts[block + 1] as number;
    this.#unfinished[block] = 1;
    for (let at = start; at < end; at += 1) {
      // Most cells are erased already, and erasing them changes nothing.
      if (tear.erase === "ones" && this.low[at] === 0xff) continue;
      for (let bit = 1; bit < 0x100; bit <<= 1) {
        if (!tear.hits((at - start) * 8, (at - start) / (end - start), this.random)) continue;
        if (tear.erase !== "zeros") this.high[at] = (this.high[at] as number) | bit;
        if (tear.erase === "ones" && tear.modes === undefined) this.low[at] = (this.low[at] as number) | bit;
        if (tear.erase !== "ones") this.low[at] = (this.low[at] as number) & ~bit;
        if (tear.erase === "zeros" && tear.modes === undefined) this.high[at] = (this.high[at] as number) & ~bit;
      }
    }
    this.#leaveUndecided(start, end, tear);
    return this.#die();
  }

  #leaveUndecided(start: number, end: number, tear: Tear): void {
    if (tear.modes === undefined) return;
    this.#undecided = [...this.#undecided, { start, end, cycle: this.#cycle, modes: tear.modes }];
  }

  /** Counts an operation. @returns how it is torn, or undefined when it is not */
  #next(operation: Operation): Tear | undefined {
    const number = this.operations.length;
    this.operations.push(operation);
    if (this.#plan === undefined || number !== this.#plan.operation) return undefined;
    const tear = typeof this.#plan.tear === "function" ? this.#plan.tear(operation) : this.#plan.tear;
    return tear === "before" ? this.#die() : tear;
  }

  #die(): never {
    this.#isDead = true;
    throw this.#cut;
  }

  #requirePower(): void {
    if (this.#isDead) throw this.#cut;
  }
}
