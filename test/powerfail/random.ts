/** A small seeded generator, so that every case can be repeated. */

/** xorshift32: fast, and its whole state is one number that a snapshot can keep. */
export class Random {
  state: number;

  constructor(seed: number) {
    this.state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  }

  /** 32 random bits. */
  bits(): number {
    let value = this.state;
    value ^= value << 13;
    value ^= value >>> 17;
    value ^= value << 5;
    this.state = value >>> 0;
    return this.state;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.bits() % limit;
  }
}
