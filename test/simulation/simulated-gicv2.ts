/** The part of a GICv2 that one processor in one world sees (ARM IHI 0048B). */

import { HardwareViolation, SimulatedRegisters } from "./simulated-registers.ts";

const LINES = 96;

/** Devices set `levels`; `pulse()` makes an edge. */
export class SimulatedGICv2 {
  readonly distributor: SimulatedRegisters;
  readonly cpuInterface: SimulatedRegisters;
  /** Sources whose line is high now. */
  readonly levels = new Map<number, () => boolean>();
  readonly enabled = new Set<number>();
  readonly latched = new Set<number>();
  readonly active: number[] = [];
  readonly edge = new Set<number>();
  readonly targets = new Map<number, number>();
  distributorOn = false;
  cpuOn = false;

  constructor() {
    this.distributor = new Distributor(this);
    this.cpuInterface = new CpuInterface(this);
  }

  pulse(source: number): void {
    if (!this.edge.has(source)) throw new Error(`simulation: source ${source} is level-triggered`);
    this.latched.add(source);
  }

  isPending(source: number): boolean {
    return this.edge.has(source)
      ? this.latched.has(source)
      : (this.levels.get(source)?.() ?? false) || this.latched.has(source);
  }

  /** What wakes the processor. */
  get interrupting(): boolean {
    return this.next() !== 1023;
  }

  next(): number {
    if (!this.distributorOn || !this.cpuOn || this.active.length > 0) return 1023;
    for (let source = 0; source < LINES; source += 1) {
      const routed = source < 32 || this.targets.get(source) === 1;
      if (this.enabled.has(source) && routed && this.isPending(source)) return source;
    }
    return 1023;
  }
}

class Distributor extends SimulatedRegisters {
  readonly #gic: SimulatedGICv2;

  constructor(gic: SimulatedGICv2) {
    super(0x1000);
    this.#gic = gic;
  }

  protected load(offset: number): number {
    if (offset === 0x004) return LINES / 32 - 1;
    if (offset >= 0xc00 && offset < 0xc00 + LINES / 4) {
      let value = 0;
      for (let index = 0; index < 16; index += 1) {
        if (this.#gic.edge.has((offset - 0xc00) * 4 + index)) value |= 2 << (index * 2);
      }
      return value >>> 0;
    }
    throw new HardwareViolation(`GICD: read of register ${offset}`);
  }

  protected store(offset: number, width: number, value: number): void {
    const gic = this.#gic;
    if (offset === 0x000) gic.distributorOn = value === 1;
    else if (offset >= 0x800 && offset < 0x800 + LINES && width === 1) gic.targets.set(offset - 0x800, value);
    else if (offset >= 0x400 && offset < 0x400 + LINES && width === 1) return;
    else if (offset >= 0xc00 && offset < 0xc00 + LINES / 4) {
      for (let index = 0; index < 16; index += 1) {
        const source = (offset - 0xc00) * 4 + index;
        const edge = (value & (2 << (index * 2))) !== 0;
        if (edge !== gic.edge.has(source) && gic.enabled.has(source)) {
          throw new HardwareViolation(`GICD: trigger of ${source} changed while enabled`);
        }
        if (edge) gic.edge.add(source);
        else gic.edge.delete(source);
      }
    } else this.#bits(offset, value);
  }

  #bits(offset: number, value: number): void {
    const bank = offset & ~0x7f;
    const first = (offset & 0x7f) * 8;
    if (first >= LINES) throw new HardwareViolation(`GICD: write of register ${offset}`);
    for (let bit = 0; bit < 32; bit += 1) {
      if ((value & (1 << bit)) === 0) continue;
      if (bank === 0x100) this.#gic.enabled.add(first + bit);
      else if (bank === 0x180) this.#gic.enabled.delete(first + bit);
      else if (bank === 0x280) this.#gic.latched.delete(first + bit);
      else if (bank === 0x380)
        this.#gic.active.splice(0, this.#gic.active.length, ...this.#gic.active.filter((id) => id !== first + bit));
      else throw new HardwareViolation(`GICD: write of register ${offset}`);
    }
  }
}

class CpuInterface extends SimulatedRegisters {
  readonly #gic: SimulatedGICv2;

  constructor(gic: SimulatedGICv2) {
    super(0x100);
    this.#gic = gic;
  }

  protected load(offset: number): number {
    if (offset !== 0x0c) throw new HardwareViolation(`GICC: read of register ${offset}`);
    const source = this.#gic.next();
    if (source === 1023) return source;
    this.#gic.latched.delete(source);
    this.#gic.active.push(source);
    return source;
  }

  protected store(offset: number, _width: number, value: number): void {
    if (offset === 0x00) this.#gic.cpuOn = value === 1;
    else if (offset === 0x10) {
      if (this.#gic.active.pop() !== value)
        throw new HardwareViolation(`GICC: end of ${value}, which is not the active one`);
    } else if (offset !== 0x04 && offset !== 0x08 && offset !== 0xd0) {
      throw new HardwareViolation(`GICC: write of register ${offset}`);
    }
  }
}
