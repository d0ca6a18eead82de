/** Driver of the Arm Generic Interrupt Controller, architecture version 2 (ARM IHI 0048B), polled. */

import type {
  InterruptController,
  InterruptHandler,
  InterruptLine,
  InterruptTrigger,
} from "../../interfaces/interrupts.ts";
import type { Registers } from "../../interfaces/registers.ts";
import { checkInteger, checkRegisters } from "../check-options.ts";
import { closedError } from "../driver-error.ts";
import { ControllerLine, DEFAULT_DISPATCH_LIMIT, InterruptTable } from "../interrupt-table.ts";

/** Distributor, IHI 0048B table 4-1. */
const DISTRIBUTOR = Object.freeze({
  CONTROL: 0x000, // 4.3.1
  TYPE: 0x004, // 4.3.2
  SET_ENABLE: 0x100, // 4.3.5, 1 bit a source
  CLEAR_ENABLE: 0x180, // 4.3.6
  CLEAR_PENDING: 0x280, // 4.3.8
  CLEAR_ACTIVE: 0x380, // 4.3.10
  PRIORITY: 0x400, // 4.3.11, 1 byte a source
  TARGETS: 0x800, // 4.3.12, 1 byte a source
  CONFIGURATION: 0xc00, // 4.3.13, 2 bits a source
});

/** CPU interface, IHI 0048B table 4-2. */
const CPU = Object.freeze({
  CONTROL: 0x00, // 4.4.1
  PRIORITY_MASK: 0x04, // 4.4.2
  BINARY_POINT: 0x08, // 4.4.3
  ACKNOWLEDGE: 0x0c, // 4.4.4
  END: 0x10, // 4.4.5
  ACTIVE_PRIORITIES: 0xd0, // 4.4.10
});

/** Group 0 seen from the secure world, Group 1 seen from the normal world: both have bit 0 (4.3.1, 4.4.1). */
const ENABLE = 1;
const ALL_PRIORITIES = 0xff;
const PRIORITY = 0xa0;
const THIS_PROCESSOR = 1;
const FIRST_SHARED = 32;
/** INTIDs from here on mean that nothing for us is pending (3.2.5). */
const FIRST_SPECIAL = 1020;
const INTID = 0x3ff;
const EVERY_BIT = 0xffff_ffff;

/** Options of `new GICv2(options)`. */
export interface GICv2Options {
  /** The 4 KiB window of the distributor. */
  readonly distributor: Registers;
  /** The window of the CPU interface, at least 256 bytes. */
  readonly cpuInterface: Registers;
  /** Most interrupts handled in one `dispatch()`; default 32. */
  readonly limit?: number;
}

/**
 * A GIC used by one processor in one world. Sources are INTIDs: 16 to 31 private, 32 up shared. All have one priority; software
 * generated interrupts are not offered.
 */
export class GICv2 implements InterruptController {
  readonly #distributor: Registers;
  readonly #cpu: Registers;
  readonly #limit: number;
  readonly #lines: number;
  readonly #table: InterruptTable;
  #spurious = 0;
  #dispatching = false;
  #closed = false;

  constructor({ distributor, cpuInterface, limit = DEFAULT_DISPATCH_LIMIT }: GICv2Options) {
    checkRegisters(distributor, "GICv2: distributor");
    checkRegisters(cpuInterface, "GICv2: cpuInterface");
    this.#limit = checkInteger(limit, 1, 1024, "GICv2: limit");
    this.#distributor = distributor;
    this.#cpu = cpuInterface;
    this.#lines = Math.min(((distributor.read32(DISTRIBUTOR.TYPE) & 0x1f) + 1) * 32, FIRST_SPECIAL);
    this.#table = new InterruptTable("GICv2", 16, this.#lines - 1);
    distributor.write32(DISTRIBUTOR.CONTROL, 0);
    cpuInterface.write32(CPU.CONTROL, 0);
    // A restart that was no hardware reset may have left sources enabled, pending or active.
    for (let offset = 0; offset < this.#lines / 8; offset += 4) {
      distributor.write32(DISTRIBUTOR.CLEAR_ENABLE + offset, EVERY_BIT);
      distributor.write32(DISTRIBUTOR.CLEAR_PENDING + offset, EVERY_BIT);
      distributor.write32(DISTRIBUTOR.CLEAR_ACTIVE + offset, EVERY_BIT);
    }
    cpuInterface.write32(CPU.ACTIVE_PRIORITIES, 0);
    cpuInterface.write32(CPU.BINARY_POINT, 0);
    cpuInterface.write32(CPU.PRIORITY_MASK, ALL_PRIORITIES);
    cpuInterface.write32(CPU.CONTROL, ENABLE);
    distributor.write32(DISTRIBUTOR.CONTROL, ENABLE);
  }

  get spurious(): number {
    return this.#spurious;
  }

  attach(source: number, handler: InterruptHandler, trigger: InterruptTrigger = "level"): void {
    this.#checkOpen();
    this.#table.add(source, handler, trigger);
    const distributor = this.#distributor;
    distributor.write8(DISTRIBUTOR.PRIORITY + source, PRIORITY);
    if (source >= FIRST_SHARED) {
      distributor.write8(DISTRIBUTOR.TARGETS + source, THIS_PROCESSOR);
      const offset = DISTRIBUTOR.CONFIGURATION + Math.floor(source / 16) * 4;
      const edge = 2 << ((source % 16) * 2);
      const configuration = distributor.read32(offset);
      distributor.write32(offset, (trigger === "edge" ? configuration | edge : configuration & ~edge) >>> 0);
    }
    this.#setBit(DISTRIBUTOR.CLEAR_PENDING, source); // an edge from before belongs to nobody
    this.#setBit(DISTRIBUTOR.SET_ENABLE, source);
  }

  detach(source: number): void {
    if (this.#closed) return; // drivers may be closed after their controller
    this.#table.checkSource(source);
    this.#setBit(DISTRIBUTOR.CLEAR_ENABLE, source);
    this.#table.remove(source);
  }

  enable(source: number): void {
    this.#checkOpen();
    this.#table.checkAttached(source);
    this.#setBit(DISTRIBUTOR.SET_ENABLE, source);
  }

  disable(source: number): void {
    this.#checkOpen();
    this.#table.checkSource(source);
    this.#setBit(DISTRIBUTOR.CLEAR_ENABLE, source);
  }

  line(source: number, trigger: InterruptTrigger = "level"): InterruptLine {
    this.#checkOpen();
    this.#table.checkSource(source);
    return new ControllerLine(this, source, trigger);
  }

  dispatch(): boolean {
    this.#checkOpen();
    if (this.#dispatching) return false;
    this.#dispatching = true;
    try {
      let handled = 0;
      while (handled < this.#limit && !this.#closed) {
        const acknowledged = this.#cpu.read32(CPU.ACKNOWLEDGE);
        if ((acknowledged & INTID) >= FIRST_SPECIAL) break;
        handled += 1;
        this.#handle(acknowledged);
      }
      return handled > 0;
    } finally {
      this.#dispatching = false;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cpu.write32(CPU.CONTROL, 0);
    this.#distributor.write32(DISTRIBUTOR.CONTROL, 0);
    for (let offset = 0; offset < this.#lines / 8; offset += 4) {
      this.#distributor.write32(DISTRIBUTOR.CLEAR_ENABLE + offset, EVERY_BIT);
    }
  }

  #handle(acknowledged: number): void {
    const source = acknowledged & INTID;
    const handler = this.#table.get(source);
    try {
      if (handler === undefined) {
        this.#spurious += 1;
        this.#setBit(DISTRIBUTOR.CLEAR_ENABLE, source);
      } else handler();
    } finally {
      this.#cpu.write32(CPU.END, acknowledged); // the whole value: it names the requesting processor too (4.4.5)
    }
  }

  #setBit(register: number, source: number): void {
    this.#distributor.write32(register + Math.floor(source / 32) * 4, (1 << (source % 32)) >>> 0);
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError("GICv2");
  }
}
