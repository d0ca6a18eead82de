/** What a board file offers to the runtime: its devices, opened and wired, and nothing of how. */
import type { Digital, DigitalOptions } from "./digital.ts";
import type { EventLoop } from "./event-loop.ts";
import type { Flash, FlashOpenOptions } from "./flash.ts";
import type { RandomSource } from "./random.ts";
import type { Rtc, RtcOptions } from "./rtc.ts";
import type { Serial, SerialOptions } from "./serial.ts";
import type { MonotonicClock, Timer } from "./timer.ts";

/** A sample of a temperature sensor, as ECMA-419's Temperature class gives it. */
export interface TemperatureSample {
  /** Degrees Celsius. */
  readonly temperature: number;
}

/** A sensor in the shape of ECMA-419's Peripheral class: each sample is a new object. */
export interface TemperatureSensor {
  sample(): TemperatureSample;
  close(): void;
}

/** What a board does not have by itself. */
export interface BoardOptions {
  /** Fills all of it with random bytes of the root of trust, to which the source belongs; an error with a code when it cannot. */
  readonly fillRandom: (destination: Uint8Array) => void;
}

/**
 * The devices of a board. Each function opens a device. An open device is not opened again: that throws an error with code "busy";
 * after `close()` it may be. Wrong options throw RangeError or TypeError, absent or unexpected hardware an error with code "device".
 */
export interface BoardDevices {
  /** Name of the board, such as `virt-a7`. */
  readonly name: string;
  readonly loop: EventLoop;
  readonly timer: Timer;
  readonly clock: MonotonicClock;
  /** The port that the console is on. */
  openSerial(options: SerialOptions): Serial;
  openTemperature(): TemperatureSensor;
  /** Opens a flash partition of this program, in the shape of ECMA-419's flash storage. RangeError for an unknown path. */
  openFlash(options: FlashOpenOptions): Flash;
  /** The clock that keeps wall time over resets. */
  openRtc(options: RtcOptions): Rtc;
  /** The root of trust's random source. */
  openRandom(): RandomSource;
  /** Opens the pin that the board calls its light; undefined on a board without one. */
  readonly openLight: ((options: Pick<DigitalOptions, "initialValue">) => Digital) | undefined;
  /** Interrupts that came without a handler, since opening. Anything but 0 is a defect of a driver or of the board. */
  readonly spuriousInterrupts: number;
}
