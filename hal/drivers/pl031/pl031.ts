/** Driver of the Arm PrimeCell real-time clock PL031 (ARM DDI 0224), which counts whole seconds in 32 bits. */

import type { InterruptLine } from "../../interfaces/interrupts.ts";
import type { Registers } from "../../interfaces/registers.ts";
import type { Rtc, RtcConfiguration, RtcOptions } from "../../interfaces/rtc.ts";
import { checkInteger, checkRegisters } from "../check-options.ts";
import { checkPrimeCell } from "../prime-cell.ts";
import { AlarmBell } from "../rtc-alarm/alarm-bell.ts";

/** DDI 0224 table 3-1. */
const REGISTER = Object.freeze({
  DATA: 0x00, // 3.3.1, seconds now
  MATCH: 0x04, // 3.3.2
  LOAD: 0x08, // 3.3.3
  CONTROL: 0x0c, // 3.3.4, bit 0 starts the counter
  MASK: 0x10, // 3.3.5, 1 lets the interrupt through
  CLEAR: 0x1c, // 3.3.8
});

const PART = 0x031;
const START = 1;
const SECOND = 1000;
const LAST_TIME = 0xffff_ffff * SECOND;

/** Options of `new PL031(options)`. */
export interface PL031Options extends RtcOptions {
  /** The 4 KiB window of the clock. */
  readonly registers: Registers;
  /** Its interrupt; needed with `onAlarm`. */
  readonly interrupt?: InterruptLine;
}

/**
 * A PL031. Times are cut to whole seconds, alarms rounded up to them. The hardware takes a new time at its next second edge
 * (3.3.3), so `time` may read as the old one for up to a second after being set.
 */
export class PL031 implements Rtc {
  readonly target: unknown;
  readonly #registers: Registers;
  readonly #bell: AlarmBell;

  constructor(options: PL031Options) {
    const { registers, interrupt, onAlarm } = options;
    checkRegisters(registers, "PL031");
    this.#bell = new AlarmBell("PL031", interrupt, onAlarm === undefined ? undefined : () => onAlarm.call(this), () => {
      registers.write32(REGISTER.MASK, 0);
      registers.write32(REGISTER.CLEAR, 1);
    });
    checkPrimeCell(registers, PART, "PL031");
    this.#registers = registers;
    this.target = options.target;
    this.#bell.open();
  }

  get time(): number | undefined {
    this.#bell.checkOpen();
    if ((this.#registers.read32(REGISTER.CONTROL) & START) === 0) return undefined;
    return this.#registers.read32(REGISTER.DATA) * SECOND;
  }

  set time(time: number | undefined) {
    this.#bell.checkOpen();
    const seconds = Math.floor(checkInteger(time, 0, LAST_TIME, "PL031: time") / SECOND);
    this.#registers.write32(REGISTER.LOAD, seconds);
    this.#registers.write32(REGISTER.CONTROL, START);
    // The match is an equality: an alarm that the new time jumped over would never ring.
    if (this.#bell.alarm !== undefined && this.#bell.alarm <= seconds * SECOND) this.#bell.ringSoon();
  }

  configure({ alarm }: RtcConfiguration): void {
    this.#bell.checkOpen();
    if (alarm !== undefined) checkInteger(alarm, 0, LAST_TIME, "PL031: alarm");
    this.#bell.set(alarm);
    if (alarm === undefined) return;
    const seconds = Math.ceil(alarm / SECOND);
    this.#registers.write32(REGISTER.MATCH, seconds);
    this.#registers.write32(REGISTER.MASK, 1);
    // Read after arming, so that a second that passes in between is seen by one of the two.
    if (this.#registers.read32(REGISTER.DATA) >= seconds) this.#bell.ringSoon();
  }

  close(): void {
    this.#bell.close();
  }
}
