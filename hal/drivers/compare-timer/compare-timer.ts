/**
 * A free-running counter with one comparator as a one-shot clock, where only native code reaches the registers: the Arm generic timer
 * (ARM DDI 0406C, B8), or the RISC-V machine timer as machine mode lends it to user mode (docs/design/0012).
 */

import type { InterruptLine } from "../../interfaces/interrupts.ts";
import type { OneShotClock } from "../../interfaces/timer.ts";
import { checkInteger, checkInterruptLine, checkObject } from "../check-options.ts";
import { closedError } from "../driver-error.ts";

/** The timer as native code shows it; the board provides it. */
export interface CompareTimerAccess {
  /** Ticks per second. */
  frequency(): number;
  /** Ticks since reset, an integer below 2^53. */
  count(): number;
  /** Makes a wait for interrupt end when `count()` reaches `ticks`, at once when that is past. Stays so until the next call or `disarm()`. */
  arm(ticks: number): void;
  /** Withdraws that. Twice is fine. */
  disarm(): void;
}

/** Options of `new CompareTimer(options)`. */
export interface CompareTimerOptions {
  readonly access: CompareTimerAccess;
  /** The timer's own interrupt, level-triggered, on a board whose interrupt controller has one for it. */
  readonly interrupt?: InterruptLine;
}

/** One such timer. Its interrupt only ends the wait; the line is lowered and nobody is called. */
export class CompareTimer implements OneShotClock {
  readonly frequency: number;
  readonly #access: CompareTimerAccess;
  readonly #interrupt: InterruptLine | undefined;
  #closed = false;

  constructor({ access, interrupt }: CompareTimerOptions) {
    checkObject(access, ["frequency", "count", "arm", "disarm"], "CompareTimer: access");
    if (interrupt !== undefined) checkInterruptLine(interrupt, "CompareTimer");
    this.frequency = checkInteger(access.frequency(), 1, 0xffff_ffff, "CompareTimer: frequency");
    this.#access = access;
    this.#interrupt = interrupt;
    access.disarm();
    interrupt?.attach(() => access.disarm());
  }

  count(): number {
    this.#checkOpen();
    return this.#access.count();
  }

  arm(at: number): void {
    this.#checkOpen();
    this.#access.arm(checkInteger(at, 0, Number.MAX_SAFE_INTEGER, "CompareTimer: at"));
  }

  disarm(): void {
    this.#checkOpen();
    this.#access.disarm();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#access.disarm();
    this.#interrupt?.detach();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError("CompareTimer");
  }
}
