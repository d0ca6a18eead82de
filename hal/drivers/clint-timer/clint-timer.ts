/** Driver of the RISC-V CLINT / ACLINT machine timer (RISC-V ACLINT specification 1.0, chapter 2) as a one-shot clock. */

import type { Registers } from "../../interfaces/registers.ts";
import type { OneShotClock } from "../../interfaces/timer.ts";
import { checkInteger, checkRegisters } from "../check-options.ts";
import { closedError } from "../driver-error.ts";

/** Offsets in the CLINT window (SiFive E31 manual, table "CLINT Memory Map"). */
const REGISTER = Object.freeze({
  COMPARE: 0x4000, // 8 bytes a hart
  TIME: 0xbff8,
});

const TWO_32 = 0x1_0000_0000;
const LAST_HART = 4094;
const NEVER = 0xffff_ffff;

/** Options of `new ClintTimer(options)`. */
export interface ClintTimerOptions {
  /** The 48 KiB window of the CLINT. */
  readonly registers: Registers;
  /** Ticks per second (10 MHz on virt-rv32). */
  readonly frequency: number;
  /** Whose comparator to use; default 0. */
  readonly hart?: number;
}

/**
 * The machine timer of one hart. Its interrupt (mip.MTIP) has no controller: the board sets mie.MTIE once, so that it ends a wait,
 * and keeps mstatus.MIE clear. It stays pending until `arm` or `disarm` moves the comparator.
 */
export class ClintTimer implements OneShotClock {
  readonly frequency: number;
  readonly #registers: Registers;
  readonly #compare: number;
  #closed = false;

  constructor({ registers, frequency, hart = 0 }: ClintTimerOptions) {
    checkRegisters(registers, "ClintTimer");
    checkInteger(frequency, 1, 0xffff_ffff, "ClintTimer: frequency");
    checkInteger(hart, 0, LAST_HART, "ClintTimer: hart");
    this.frequency = frequency;
    this.#registers = registers;
    this.#compare = REGISTER.COMPARE + 8 * hart;
    this.#setCompare(NEVER, NEVER); // a reset does not clear it
  }

  count(): number {
    this.#checkOpen();
    const registers = this.#registers;
    let high = registers.read32(REGISTER.TIME + 4);
    for (;;) {
      const low = registers.read32(REGISTER.TIME);
      const again = registers.read32(REGISTER.TIME + 4);
      // The low half wraps every 2^32 ticks (429 s), so a second mismatch in a row cannot happen.
      if (again === high) return high * TWO_32 + low;
      high = again;
    }
  }

  arm(at: number): void {
    this.#checkOpen();
    checkInteger(at, 0, Number.MAX_SAFE_INTEGER, "ClintTimer: at");
    this.#setCompare(Math.floor(at / TWO_32), at % TWO_32);
  }

  disarm(): void {
    this.#checkOpen();
    this.#setCompare(NEVER, NEVER);
  }

  close(): void {
    if (this.#closed) return;
    this.#setCompare(NEVER, NEVER);
    this.#closed = true;
  }

  /** In an order in which no intermediate value is earlier than both the old and the new (privileged specification, 3.2.1). */
  #setCompare(high: number, low: number): void {
    this.#registers.write32(this.#compare, NEVER);
    this.#registers.write32(this.#compare + 4, high);
    this.#registers.write32(this.#compare, low);
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError("ClintTimer");
  }
}
