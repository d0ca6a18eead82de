/** A flag that can be trusted for good: marks in pairs, where the second of a pair proves that the first was finished. */
import type { MarkFlash } from "./flash-access.ts";
import { classifyMark, type MarkReading, readMark, writeMark } from "./mark.ts";

/** What the marks of a flag say together. */
export interface FlagReading {
  /** At least one mark is exact. Without `isProven` the next reading may say otherwise. */
  readonly isSet: boolean;
  /** The flag is set and will be read as set until its block is erased. */
  readonly isProven: boolean;
}

/**
 * Summarizes the readings of a flag's marks: mark, proof, mark, proof, ...
 * A proof is begun only after its mark was written to the end in the same power cycle. So a proof that reads exact, even if it is
 * torn itself and read exact by chance, says that its mark is complete.
 */
export function summarizeFlag(readings: readonly MarkReading[]): FlagReading {
  let isSet = false;
  let isProven = false;
  for (let index = 0; index < readings.length; index += 1) {
    if (readings[index] !== "exact") continue;
    isSet = true;
    if (index % 2 === 1) isProven = true;
  }
  return { isSet, isProven };
}

/** A flag of several pairs; each pair that a cut spoils costs one, so as many cuts in the same flag are survived as it has pairs. */
export class ProvenFlag {
  readonly #flash: MarkFlash;
  readonly #positions: readonly number[];
  readonly #byteLength: number;

  /**
   * @param positions bytes from the flash's start: mark, proof, mark, proof, ...
   * @param byteLength of each mark
   */
  constructor(flash: MarkFlash, positions: readonly number[], byteLength: number) {
    this.#flash = flash;
    this.#positions = positions;
    this.#byteLength = byteLength;
  }

  read(): FlagReading {
    const readings: MarkReading[] = [];
    for (const position of this.#positions) readings.push(readMark(this.#flash, position, this.#byteLength));
    return summarizeFlag(readings);
  }

  /**
   * Makes the flag set for good: writes a mark and its proof, unless a proof is there already. Do nothing that cannot be undone
   * on the strength of a flag before this returned true.
   * @returns false when no pair is left, or the flash fails
   */
  prove(): boolean {
    if (this.read().isProven) return true;
    for (let index = 0; index + 1 < this.#positions.length; index += 2) {
      const mark = this.#positions[index] as number;
      const proof = this.#positions[index + 1] as number;
      // A mark of an earlier power cycle may be one that a cut left half written: a proof of it would prove nothing.
      if (writeMark(this.#flash, mark, this.#byteLength) && writeMark(this.#flash, proof, this.#byteLength))
        return true;
    }
    return false;
  }
}

/** The readings of marks that lie at `positions`, in words that were read from `start` on. */
export function classifyMarks(
  words: Uint32Array,
  start: number,
  positions: readonly number[],
  byteLength: number,
): MarkReading[] {
  const readings: MarkReading[] = [];
  for (const position of positions) readings.push(classifyMark(words, position - start, byteLength));
  return readings;
}
