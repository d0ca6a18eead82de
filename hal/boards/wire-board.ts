/** Wires what every board has in the same way: time, event loop, storage, random bytes; and its own drivers, opened on demand. */
import { timerArm, timerCount, timerDisarm, timerFrequency } from "native:cpu";
import config from "mc/config";
import { CompareTimer } from "../drivers/compare-timer/compare-timer.ts";
import { DeviceEventLoop } from "../drivers/event-loop/event-loop.ts";
import { SimulatedThermometer } from "../drivers/simulated-thermometer/simulated-thermometer.ts";
import { TimerQueue } from "../drivers/timer-queue/timer-queue.ts";
import type { BoardDevices, BoardOptions } from "../interfaces/board.ts";
import type { InterruptController, InterruptLine } from "../interfaces/interrupts.ts";
import type { Registers } from "../interfaces/registers.ts";
import type { Rtc, RtcOptions } from "../interfaces/rtc.ts";
import type { Serial, SerialOptions } from "../interfaces/serial.ts";
import { deviceInterrupt, openDevice } from "./board-config.ts";
import { RootRandom } from "./root-random.ts";
import { StorageFlash } from "./storage-flash.ts";

/** Where a driver finds its device. */
export interface DriverWiring {
  readonly registers: Registers;
  readonly interrupt: InterruptLine;
}

/** The parts in which boards differ. */
export interface BoardParts {
  readonly interrupts: InterruptController;
  /** Interrupt of the timer, where it goes through the controller. */
  readonly timerInterrupt?: InterruptLine;
  readonly makeSerial: (options: SerialOptions & DriverWiring) => Serial;
  readonly makeRtc: (options: RtcOptions & DriverWiring) => Rtc;
  readonly openLight: BoardDevices["openLight"];
}

/** The devices of a board, from its parts. */
export function wireBoard(
  { interrupts, timerInterrupt, makeSerial, makeRtc, openLight }: BoardParts,
  { fillRandom }: BoardOptions,
): BoardDevices {
  const access = { frequency: timerFrequency, count: timerCount, arm: timerArm, disarm: timerDisarm };
  const clock = new CompareTimer(timerInterrupt === undefined ? { access } : { access, interrupt: timerInterrupt });
  const timer = new TimerQueue({ clock });
  const storage = new StorageFlash(clock);
  const random = new RootRandom(fillRandom);
  const wiring = (name: string): DriverWiring => ({
    registers: openDevice(name),
    interrupt: interrupts.line(deviceInterrupt(name)),
  });
  return {
    name: config.board.name,
    loop: new DeviceEventLoop({ interrupts, timers: timer }),
    timer,
    clock,
    openSerial: (options) => makeSerial({ ...options, ...wiring("serial") }),
    openTemperature: () => new SimulatedThermometer({ clock }),
    openFlash: (options) => storage.open(options),
    openRtc: (options) => makeRtc({ ...options, ...wiring("rtc") }),
    openRandom: () => random.open(),
    get spuriousInterrupts() {
      return interrupts.spurious;
    },
    openLight,
  };
}
