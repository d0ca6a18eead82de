/** A PLIC with one context (RISC-V PLIC specification 1.0.0). */

import { HardwareViolation, SimulatedRegisters } from "./simulated-registers.ts";

/** A claimed source stays shut until its completion, which is ignored while the source is not enabled. */
export class SimulatedPLIC extends SimulatedRegisters {
  readonly levels = new Map<number, () => boolean>();
  readonly claimed = new Set<number>();
  readonly enables = [0, 0, 0];
  readonly priorities = new Map<number, number>();
  threshold = 7;

  constructor() {
    super(0x20_1000);
  }

  get interrupting(): boolean {
    return this.#next() !== 0;
  }

  isEnabled(source: number): boolean {
    return ((this.enables[source >> 5] as number) & (1 << (source & 31))) !== 0;
  }

  #next(): number {
    for (const [source, level] of this.levels) {
      const audible = this.isEnabled(source) && (this.priorities.get(source) ?? 0) > this.threshold;
      if (audible && level() && !this.claimed.has(source)) return source;
    }
    return 0;
  }

  protected load(offset: number): number {
    if (offset !== 0x20_0004) throw new HardwareViolation(`PLIC: read of register ${offset}`);
    const source = this.#next();
    if (source !== 0) this.claimed.add(source);
    return source;
  }

  protected store(offset: number, width: number, value: number): void {
    if (width !== 4) throw new HardwareViolation(`PLIC: ${width}-byte write`);
    if (offset === 0x20_0004) {
      if (this.isEnabled(value)) this.claimed.delete(value);
    } else if (offset === 0x20_0000) this.threshold = value;
    else if (offset >= 0x2000 && offset < 0x200c) this.enables[(offset - 0x2000) / 4] = value;
    else if (offset > 0 && offset < 4 * 96) this.priorities.set(offset / 4, value);
    else throw new HardwareViolation(`PLIC: write of register ${offset}`);
  }
}
