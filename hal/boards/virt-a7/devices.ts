/** Wires the devices of virt-a7: GICv2, ARM generic timer, PL011 console, PL061 light, PL031 clock, flash. */
import { timerArm, timerCount, timerDisarm, timerFrequency } from "native:cpu";
import config from "mc/config";
import { CompareTimer } from "../../drivers/compare-timer/compare-timer.ts";
import { DeviceEventLoop } from "../../drivers/event-loop/event-loop.ts";
import { GICv2 } from "../../drivers/gicv2/gicv2.ts";
import { PL011 } from "../../drivers/pl011/pl011.ts";
import { PL031 } from "../../drivers/pl031/pl031.ts";
import { PL061, PL061Digital } from "../../drivers/pl061/pl061.ts";
import { SimulatedThermometer } from "../../drivers/simulated-thermometer/simulated-thermometer.ts";
import { TimerQueue } from "../../drivers/timer-queue/timer-queue.ts";
import type { BoardDevices, BoardOptions } from "../../interfaces/board.ts";
import { deviceInterrupt, openDevice } from "../board-config.ts";
import { RootRandom } from "../root-random.ts";
import { StorageFlash } from "../storage-flash.ts";

/** QEMU's virt machine clocks the PL011 at 24 MHz. */
const SERIAL_CLOCK = 24_000_000;
/** Pins 0 to 2 of the PL061 are free on this machine; pin 3 is the power button. */
const LIGHT_PIN = 0;

/** Opens what every program needs: interrupts, time, the event loop. The rest is opened on demand. */
export function openBoard({ fillRandom }: BoardOptions): BoardDevices {
  const interrupts = new GICv2({
    distributor: openDevice("interrupt-distributor"),
    cpuInterface: openDevice("interrupt-cpu-interface"),
  });
  const clock = new CompareTimer({
    access: { frequency: timerFrequency, count: timerCount, arm: timerArm, disarm: timerDisarm },
    interrupt: interrupts.line(config.board.timer.interrupt),
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
      new PL011({
        ...options,
        registers: openDevice("serial"),
        clock: SERIAL_CLOCK,
        interrupt: interrupts.line(deviceInterrupt("serial")),
      }),
    openTemperature: () => new SimulatedThermometer({ clock }),
    openFlash: (options) => storage.open(options),
    openRtc: (options) =>
      new PL031({ ...options, registers: openDevice("rtc"), interrupt: interrupts.line(deviceInterrupt("rtc")) }),
    openRandom: () => random.open(),
    get spuriousInterrupts() {
      return interrupts.spurious;
    },
    openLight: ({ initialValue = 0 }) =>
      new PL061Digital({
        io: new PL061({ registers: openDevice("gpio") }),
        pin: LIGHT_PIN,
        mode: 8,
        initialValue,
      }),
  };
}
