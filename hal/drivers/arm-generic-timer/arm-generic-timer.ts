/** Driver of the Arm generic timer (ARM DDI 0406C, B8) as a one-shot clock. */

import type { InterruptLine } from "../../interfaces/interrupts.ts";
import type { OneShotClock } from "../../interfaces/timer.ts";
import { checkInteger, checkInterruptLine, checkObject } from "../check-options.ts";
import { closedError } from "../driver-error.ts";

/** The timer's coprocessor registers, which only native code reaches; the board provides them. */
export interface ArmTimerAccess {
  /** CNTFRQ: ticks per second. */
  frequency(): number;
  /** CNTPCT or CNTVCT: ticks since reset, an integer below 2^53. */
  count(): number;
  /** CNTP_CVAL or CNTV_CVAL: absolute tick count at which the interrupt line rises. */
  setCompare(ticks: number): void;
  /** CNTP_CTL or CNTV_CTL: ENABLE set and IMASK clear when true, ENABLE clear when false. */
  enable(on: boolean): void;
}

/** Options of `new ArmGenericTimer(options)`. */
export interface ArmGenericTimerOptions {
  readonly access: ArmTimerAccess;
  /** The timer's private interrupt, level-triggered: INTID 29 secure, 30 normal world, 27 virtual. */
  readonly interrupt: InterruptLine;
}

/** One generic timer. The interrupt only ends the wait; its line is lowered and nobody is called. */
export class ArmGenericTimer implements OneShotClock {
  readonly frequency: number;
  readonly #access: ArmTimerAccess;
  readonly #interrupt: InterruptLine;
  #closed = false;

  constructor({ access, interrupt }: ArmGenericTimerOptions) {
    checkObject(access, ["frequency", "count", "setCompare", "enable"], "ArmGenericTimer: access");
    checkInterruptLine(interrupt, "ArmGenericTimer");
    this.frequency = checkInteger(access.frequency(), 1, 0xffff_ffff, "ArmGenericTimer: frequency");
    this.#access = access;
    this.#interrupt = interrupt;
    access.enable(false);
    interrupt.attach(() => access.enable(false));
  }

  count(): number {
    this.#checkOpen();
    return this.#access.count();
  }

  arm(at: number): void {
    this.#checkOpen();
    checkInteger(at, 0, Number.MAX_SAFE_INTEGER, "ArmGenericTimer: at");
    this.#access.setCompare(at);
    this.#access.enable(true);
  }

  disarm(): void {
    this.#checkOpen();
    this.#access.enable(false);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#access.enable(false);
    this.#interrupt.detach();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError("ArmGenericTimer");
  }
}
