/** Driver of the Goldfish real-time clock (Android "Goldfish Virtual Hardware Guide", timer device), which counts nanoseconds in 64 bits. */

import type { InterruptLine } from "../../interfaces/interrupts.ts";
import type { Registers } from "../../interfaces/registers.ts";
import type { Rtc, RtcConfiguration, RtcOptions } from "../../interfaces/rtc.ts";
import { checkInteger, checkRegisters } from "../check-options.ts";
import { DriverError } from "../driver-error.ts";
import { AlarmBell } from "../rtc-alarm/alarm-bell.ts";

/** Register offsets, all 32 bits wide. */
const REGISTER = Object.freeze({
  TIME_LOW: 0x00, // reading it latches TIME_HIGH
  TIME_HIGH: 0x04,
  ALARM_LOW: 0x08, // writing it arms the alarm
  ALARM_HIGH: 0x0c,
  INTERRUPT_ENABLE: 0x10,
  CLEAR_ALARM: 0x14,
  CLEAR_INTERRUPT: 0x1c,
});

const TWO_32 = 0x1_0000_0000;
const NANOSECONDS = 1_000_000;
/** 2200-01-01, far inside the 63 bits of the hardware. */
const LAST_TIME = 7_258_118_400_000;

/** Options of `new GoldfishRtc(options)`. */
export interface GoldfishRtcOptions extends RtcOptions {
  /** The window of the clock, at least 32 bytes. */
  readonly registers: Registers;
  /** Its interrupt; needed with `onAlarm`. */
  readonly interrupt?: InterruptLine;
}

/** A Goldfish RTC in steps of 1 ms. Nanoseconds since 1970 exceed 2^53, so times are right to about 1 microsecond, not exact. */
export class GoldfishRtc implements Rtc {
  readonly target: unknown;
  readonly #registers: Registers;
  readonly #bell: AlarmBell;

  constructor(options: GoldfishRtcOptions) {
    const { registers, interrupt, onAlarm } = options;
    checkRegisters(registers, "GoldfishRtc");
    this.#registers = registers;
    this.#bell = new AlarmBell(
      "GoldfishRtc",
      interrupt,
      onAlarm === undefined ? undefined : () => onAlarm.call(this),
      () => {
        registers.write32(REGISTER.INTERRUPT_ENABLE, 0);
        registers.write32(REGISTER.CLEAR_ALARM, 1);
        registers.write32(REGISTER.CLEAR_INTERRUPT, 1);
      },
    );
    this.target = options.target;
    this.#bell.open();
  }

  get time(): number | undefined {
    this.#bell.checkOpen();
    return this.#now();
  }

  set time(time: number | undefined) {
    this.#bell.checkOpen();
    const wanted = checkInteger(time, 0, LAST_TIME, "GoldfishRtc: time");
    // The halves are set one by one while the clock runs, so a carry between the two writes can be lost: look, and try again.
    if (!this.#tryTime(wanted) && !this.#tryTime(wanted)) {
      throw new DriverError("device", `GoldfishRtc: expected time ${wanted} after setting it, found ${this.#now()}`);
    }
    // The hardware keeps the alarm's distance when the time moves; an alarm is meant as wall time.
    if (this.#bell.alarm !== undefined) this.#armAlarm(this.#bell.alarm);
  }

  configure({ alarm }: RtcConfiguration): void {
    this.#bell.checkOpen();
    if (alarm !== undefined) checkInteger(alarm, 0, LAST_TIME, "GoldfishRtc: alarm");
    this.#bell.set(alarm);
    if (alarm !== undefined) this.#armAlarm(alarm);
  }

  close(): void {
    this.#bell.close();
  }

  #now(): number {
    const low = this.#registers.read32(REGISTER.TIME_LOW);
    return Math.floor((this.#registers.read32(REGISTER.TIME_HIGH) * TWO_32 + low) / NANOSECONDS);
  }

  #tryTime(time: number): boolean {
    const nanoseconds = time * NANOSECONDS;
    this.#registers.write32(REGISTER.TIME_HIGH, Math.floor(nanoseconds / TWO_32));
    this.#registers.write32(REGISTER.TIME_LOW, nanoseconds % TWO_32);
    return Math.abs(this.#now() - time) <= 1000;
  }

  #armAlarm(alarm: number): void {
    const nanoseconds = alarm * NANOSECONDS;
    this.#registers.write32(REGISTER.INTERRUPT_ENABLE, 1);
    this.#registers.write32(REGISTER.ALARM_HIGH, Math.floor(nanoseconds / TWO_32));
    this.#registers.write32(REGISTER.ALARM_LOW, nanoseconds % TWO_32);
    if (this.#now() >= alarm) this.#bell.ringSoon();
  }
}
