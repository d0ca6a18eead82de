/** A PL061 with pads that the test drives (ARM DDI 0190). */

import { HardwareViolation, primeCellId, SimulatedRegisters } from "./simulated-registers.ts";

/** Edge interrupts only; level sense is not modelled. */
export class SimulatedPL061 extends SimulatedRegisters {
  part = 0x061;
  direction = 0;
  mask = 0;
  function = 0xff;
  #output = 0;
  #pads = 0;
  #bothEdges = 0;
  #event = 0;
  #raw = 0;

  constructor() {
    super(0x1000);
  }

  get interrupting(): boolean {
    return (this.#raw & this.mask) !== 0;
  }

  /** Level of every pad: the output where we drive, else what the outside drives. */
  get levels(): number {
    return (this.#output & this.direction) | (this.#pads & ~this.direction & 0xff);
  }

  /** Changes the outside level of a pin. */
  drive(pin: number, level: 0 | 1): void {
    const bit = 1 << pin;
    const before = this.levels;
    this.#pads = level === 1 ? this.#pads | bit : this.#pads & ~bit;
    const changed = (before ^ this.levels) & ~this.direction;
    const rising = changed & this.levels;
    const selected = (changed & this.#bothEdges) | (rising & this.#event) | (changed & ~rising & ~this.#event);
    this.#raw |= selected & 0xff;
  }

  protected load(offset: number): number {
    const identity = primeCellId(offset, this.part);
    if (identity !== undefined) return identity;
    if (offset < 0x400) return this.levels & (offset >> 2);
    switch (offset) {
      case 0x400:
        return this.direction;
      case 0x408:
        return this.#bothEdges;
      case 0x40c:
        return this.#event;
      case 0x410:
        return this.mask;
      case 0x418:
        return this.#raw & this.mask;
      case 0x420:
        return this.function;
      default:
        throw new HardwareViolation(`PL061: read of register ${offset}`);
    }
  }

  protected store(offset: number, _width: number, value: number): void {
    if (offset < 0x400) {
      const touched = (offset >> 2) & this.direction;
      this.#output = (this.#output & ~touched) | (value & touched);
      return;
    }
    switch (offset) {
      case 0x400:
        this.direction = value;
        break;
      case 0x404:
        if (value !== 0) throw new HardwareViolation("PL061: level sense is not modelled");
        break;
      case 0x408:
        this.#bothEdges = value;
        break;
      case 0x40c:
        this.#event = value;
        break;
      case 0x410:
        this.mask = value;
        break;
      case 0x41c:
        this.#raw &= ~value;
        break;
      case 0x420:
        this.function = value;
        break;
      default:
        throw new HardwareViolation(`PL061: write of register ${offset}`);
    }
  }
}
