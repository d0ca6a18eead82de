/** Remembers which units of a flash were programmed since their erase, for test builds. */

/** One bit per unit. What happened before opening is not known: the driver also looks at the contents. */
export class UnitTracker {
  readonly #programmed: Uint8Array;

  constructor(units: number) {
    this.#programmed = new Uint8Array(Math.ceil(units / 8));
  }

  has(unit: number): boolean {
    return ((this.#programmed[unit >> 3] as number) & (1 << (unit & 7))) !== 0;
  }

  add(first: number, count: number): void {
    for (let unit = first; unit < first + count; unit += 1) {
      this.#programmed[unit >> 3] = (this.#programmed[unit >> 3] as number) | (1 << (unit & 7));
    }
  }

  /** Forgets a block; `first` and `count` are multiples of 8. */
  remove(first: number, count: number): void {
    this.#programmed.fill(0, first >> 3, (first + count) >> 3);
  }
}
