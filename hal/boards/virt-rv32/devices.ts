/** Wires the devices of virt-rv32: PLIC, machine timer, NS16550 console, Goldfish clock, flash. The machine has no GPIO, so no light. */
import { timerArm, timerCount, timerDisarm, timerFrequency } from "native:cpu";
import config from "mc/config";
import { CompareTimer } from "../../drivers/compare-timer/compare-timer.ts";
import { DeviceEventLoop } from "../../drivers/event-loop/event-loop.ts";
import { GoldfishRtc } from "../../drivers/goldfish-rtc/goldfish-rtc.ts";
import { NS16550 } from "../../drivers/ns16550/ns16550.ts";
import { PLIC } from "../../drivers/plic/plic.ts";
import { SimulatedThermometer } from "../../drivers/simulated-thermometer/simulated-thermometer.ts";
import { TimerQueue } from "../../drivers/timer-queue/timer-queue.ts";
import type { BoardDevices, BoardOptions } from "../../interfaces/board.ts";
import { deviceInterrupt, openDevice } from "../board-config.ts";
import { RootRandom } from "../root-random.ts";
import { StorageFlash } from "../storage-flash.ts";

/** QEMU's virt machine clocks the 16550 at 3.6864 MHz. */
const SERIAL_CLOCK = 3_686_400;
/** Sources of the machine's PLIC, 0 not counted. */
const INTERRUPT_SOURCES = 96;

/** Opens what every program needs: interrupts, time, the event loop. The rest is opened on demand. */
export function openBoard({ fillRandom }: BoardOptions): BoardDevices {
  const interrupts = new PLIC({ registers: openDevice("interrupt-controller"), sources: INTERRUPT_SOURCES - 1 });
  const clock = new CompareTimer({
    access: { frequency: timerFrequency, count: timerCount, arm: timerArm, disarm: timerDisarm },
  });
  const timer = new TimerQueue({ clock });
  const storage = new StorageFlash(clock);
  const random = new RootRandom(fillRandom);
  return {
    name: config.board.name,
    loop: new DeviceEventLoop({ interrupts, timers: timer }),
    timer,
    clock,
    openSerial: (options) =>
      new NS16550({
        ...options,
        registers: openDevice("serial"),
        clock: SERIAL_CLOCK,
        interrupt: interrupts.line(deviceInterrupt("serial")),
      }),
    openTemperature: () => new SimulatedThermometer({ clock }),
    openFlash: (options) => storage.open(options),
    openRtc: (options) =>
      new GoldfishRtc({ ...options, registers: openDevice("rtc"), interrupt: interrupts.line(deviceInterrupt("rtc")) }),
    openRandom: () => random.open(),
    get spuriousInterrupts() {
      return interrupts.spurious;
    },
    openLight: undefined,
  };
}
