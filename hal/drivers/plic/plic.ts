/** Driver of the RISC-V Platform-Level Interrupt Controller (PLIC specification 1.0.0), polled. */

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

/** PLIC specification chapter 3, "Memory Map". */
const REGISTER = Object.freeze({
  PRIORITY: 0x00_0000, // 4 bytes a source, chapter 4
  ENABLE: 0x00_2000, // 128 bytes a context, 1 bit a source, chapter 6
  THRESHOLD: 0x20_0000, // 4096 bytes a context, chapter 7
  CLAIM: 0x20_0004, // read claims, write completes, chapters 8 and 9
});

const LAST_CONTEXT = 15_871;
const LAST_SOURCE = 1023;
const PRIORITY = 1;

/** Options of `new PLIC(options)`. */
export interface PLICOptions {
  /** The window of the PLIC, up to the claim register of `context`. */
  readonly registers: Registers;
  /** Highest source number that the chip has, 1 to 1023 (95 on virt-rv32). */
  readonly sources: number;
  /** Hart and privilege level that is served; 0 (default) is machine mode of hart 0. */
  readonly context?: number;
  /** Most interrupts handled in one `dispatch()`; default 32. */
  readonly limit?: number;
}

/** A PLIC used by one context. All sources have one priority. Whether a source is level or edge is fixed in the chip's gateways. */
export class PLIC implements InterruptController {
  readonly #registers: Registers;
  readonly #enableBase: number;
  readonly #claim: number;
  readonly #limit: number;
  readonly #table: InterruptTable;
  /** Copy of the enable bits, one word for 32 sources. */
  readonly #enabled: Uint32Array;
  #spurious = 0;
  #dispatching = false;
  #closed = false;

  constructor({ registers, sources, context = 0, limit = DEFAULT_DISPATCH_LIMIT }: PLICOptions) {
    checkRegisters(registers, "PLIC");
    checkInteger(sources, 1, LAST_SOURCE, "PLIC: sources");
    checkInteger(context, 0, LAST_CONTEXT, "PLIC: context");
    this.#limit = checkInteger(limit, 1, 1024, "PLIC: limit");
    this.#registers = registers;
    this.#enableBase = REGISTER.ENABLE + context * 0x80;
    this.#claim = REGISTER.CLAIM + context * 0x1000;
    this.#table = new InterruptTable("PLIC", 1, sources);
    this.#enabled = new Uint32Array(Math.ceil((sources + 1) / 32));
    this.#writeEnables();
    registers.write32(REGISTER.THRESHOLD + context * 0x1000, 0);
  }

  get spurious(): number {
    return this.#spurious;
  }

  attach(source: number, handler: InterruptHandler, trigger: InterruptTrigger = "level"): void {
    this.#checkOpen();
    this.#table.add(source, handler, trigger);
    this.#registers.write32(REGISTER.PRIORITY + source * 4, PRIORITY);
    this.#setEnabled(source, true);
    // A claim that a restart left open would hold the gateway shut for ever.
    this.#registers.write32(this.#claim, source);
  }

  detach(source: number): void {
    if (this.#closed) return; // drivers may be closed after their controller
    this.#table.checkSource(source);
    this.#setEnabled(source, false);
    this.#registers.write32(REGISTER.PRIORITY + source * 4, 0);
    this.#table.remove(source);
  }

  enable(source: number): void {
    this.#checkOpen();
    this.#table.checkAttached(source);
    this.#setEnabled(source, true);
  }

  disable(source: number): void {
    this.#checkOpen();
    this.#table.checkSource(source);
    this.#setEnabled(source, false);
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
        const source = this.#registers.read32(this.#claim);
        if (source === 0) break;
        handled += 1;
        this.#handle(source);
      }
      return handled > 0;
    } finally {
      this.#dispatching = false;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#enabled.fill(0);
    this.#writeEnables();
  }

  #handle(source: number): void {
    const handler = this.#table.get(source);
    try {
      if (handler === undefined) this.#spurious += 1;
      else handler();
    } finally {
      this.#complete(source);
      if (handler === undefined) this.#writeEnable(source, false);
    }
  }

  /** A completion of a source that is not enabled is ignored (chapter 9), so one disabled by its handler is enabled for it. */
  #complete(source: number): void {
    const enabled = ((this.#enabled[source >> 5] ?? 0) & (1 << (source & 31))) !== 0;
    if (!enabled) this.#writeEnable(source, true);
    this.#registers.write32(this.#claim, source);
    if (!enabled) this.#writeEnable(source, false);
  }

  #setEnabled(source: number, on: boolean): void {
    const bit = 1 << (source & 31);
    const word = this.#enabled[source >> 5] ?? 0;
    this.#enabled[source >> 5] = on ? word | bit : word & ~bit;
    this.#writeEnable(source, on);
  }

  /** Writes the source's enable word with its bit as given, the others as remembered. */
  #writeEnable(source: number, on: boolean): void {
    const bit = 1 << (source & 31);
    const word = this.#enabled[source >> 5] ?? 0;
    this.#registers.write32(this.#enableBase + (source >> 5) * 4, (on ? word | bit : word & ~bit) >>> 0);
  }

  #writeEnables(): void {
    for (let index = 0; index < this.#enabled.length; index += 1) {
      this.#registers.write32(this.#enableBase + index * 4, this.#enabled[index] as number);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError("PLIC");
  }
}
