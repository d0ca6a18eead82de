/** A CLINT whose time the test moves, also between two register reads. */

import { HardwareViolation, SimulatedRegisters } from "./simulated-registers.ts";

const TWO_32 = 2 ** 32;

/** The comparator starts with an old value, as it does after a reset. */
export class SimulatedClint extends SimulatedRegisters {
  time = 0;
  /** Ticks that pass at each register access. */
  step = 0;
  compareHigh = 0;
  compareLow = 5;
  /** How often the interrupt was seen to rise: a careless order of writes shows here. */
  rises = 0;
  #pending = true;

  constructor() {
    super(0xc000);
  }

  get compare(): number {
    return this.compareHigh * TWO_32 + this.compareLow;
  }

  get interrupting(): boolean {
    return this.time >= this.compare;
  }

  protected load(offset: number, width: number): number {
    if (width !== 4) throw new HardwareViolation(`CLINT: ${width}-byte read`);
    this.time += this.step;
    if (offset === 0xbff8) return this.time % TWO_32;
    if (offset === 0xbffc) return Math.floor(this.time / TWO_32);
    throw new HardwareViolation(`CLINT: read of register ${offset}`);
  }

  protected store(offset: number, _width: number, value: number): void {
    if (offset === 0x4000) this.compareLow = value;
    else if (offset === 0x4004) this.compareHigh = value;
    else throw new HardwareViolation(`CLINT: write of register ${offset}`);
    if (this.interrupting && !this.#pending) this.rises += 1;
    this.#pending = this.interrupting;
  }
}
