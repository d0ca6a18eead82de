/** The ways in which a write or an erase can be left half done. */
import type { Random } from "./random.ts";

/** A write or an erase that the code under test asked for. */
export interface Operation {
  readonly kind: "write" | "erase";
  readonly start: number;
  readonly byteLength: number;
}

/** How undecided cells read in one power cycle: all 1, all 0, any mix anew each time, or 0 and 1 in turn. */
export type ReadMode = "high" | "low" | "mix" | "flicker";

/** One way to tear an operation. */
export interface Tear {
  readonly name: string;
  /**
   * Whether a bit in flight is reached.
   * @param number of the bit in flight, from 0
   * @param place where it lies in the operation, 0 to 1
   */
  readonly hits: (number: number, place: number, random: Random) => boolean;
  /** Left out: the bits that were reached are done for good. Otherwise they read so, by power cycle; the last one stays. */
  readonly modes?: readonly ReadMode[];
  /** For erases: what the bits that were reached read as: 1, 0 (erases program all cells first), or either. */
  readonly erase: "ones" | "zeros" | "both";
}

const all = (): boolean => true;
const random = (_number: number, _place: number, source: Random): boolean => (source.bits() & 4) !== 0;
const alternating = (number: number): boolean => number % 2 === 0;
const firstHalf = (_number: number, place: number): boolean => place < 0.5;
const secondHalf = (_number: number, place: number): boolean => place >= 0.5;

/** How undecided cells may read in the cycles that follow. Two cycles and their repetition tell every rule apart. */
const MODES: readonly (readonly ReadMode[])[] = [
  ["high"],
  ["low"],
  ["high", "low"],
  ["low", "high"],
  ["low", "mix"],
  ["mix", "low"],
  ["high", "mix"],
  ["mix", "high"],
  ["high", "high", "low"],
  ["low", "low", "high"],
  ["low", "high", "low"],
  ["high", "low", "high"],
  ["mix"],
  ["flicker"],
];

/** Bits of a mark that each get a tear of their own; a mark has 7 in flight. */
const SINGLE_BITS = 8;
const MARK_BYTE_LIMIT = 16;

const undecidedWrites: readonly Tear[] = MODES.map((modes) => ({
  name: `undecided ${modes.join(" ")}`,
  hits: all,
  modes,
  erase: "ones",
}));

const manyByteWrites: readonly Tear[] = [
  { name: "nothing changed", hits: () => false, erase: "ones" },
  { name: "all changed", hits: all, erase: "ones" },
  { name: "random bits", hits: random, erase: "ones" },
  { name: "every second bit", hits: alternating, erase: "ones" },
  { name: "first half", hits: firstHalf, erase: "ones" },
  { name: "second half", hits: secondHalf, erase: "ones" },
  ...undecidedWrites,
];

const singleBits: readonly Tear[] = Array.from({ length: SINGLE_BITS }, (_, bit) => [
  { name: `only bit ${bit}`, hits: (number: number) => number === bit, erase: "ones" as const },
  { name: `all but bit ${bit}`, hits: (number: number) => number !== bit, erase: "ones" as const },
]).flat();

const markWrites: readonly Tear[] = [...manyByteWrites, ...singleBits];

const erases: readonly Tear[] = [
  { name: "looks untouched", hits: () => false, erase: "ones" },
  { name: "looks erased", hits: all, erase: "ones" },
  { name: "random bits erased", hits: random, erase: "ones" },
  { name: "first half erased", hits: firstHalf, erase: "ones" },
  { name: "second half erased", hits: secondHalf, erase: "ones" },
  { name: "all zero", hits: all, erase: "zeros" },
  { name: "random bits zero", hits: random, erase: "zeros" },
  { name: "first half zero", hits: firstHalf, erase: "zeros" },
  { name: "second half zero", hits: secondHalf, erase: "zeros" },
  ...MODES.map((modes) => ({
    name: `undecided old or erased ${modes.join(" ")}`,
    hits: all,
    modes,
    erase: "ones" as const,
  })),
  { name: "undecided anything", hits: all, modes: ["mix"], erase: "both" },
  { name: "undecided zeros or old", hits: random, modes: ["mix"], erase: "zeros" },
];

/** Every way to tear an operation. */
export function tearsOf({ kind, byteLength }: Operation): readonly Tear[] {
  if (kind === "erase") return erases;
  return byteLength <= MARK_BYTE_LIMIT ? markWrites : manyByteWrites;
}
