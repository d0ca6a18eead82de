/** The devices of virt-a7: GICv2, ARM generic timer, PL011 console, PL061 light, PL031 clock, flash. */
import config from "mc/config";
import { GICv2 } from "../../drivers/gicv2/gicv2.ts";
import { PL011 } from "../../drivers/pl011/pl011.ts";
import { PL031 } from "../../drivers/pl031/pl031.ts";
import { PL061, PL061Digital } from "../../drivers/pl061/pl061.ts";
import type { BoardDevices, BoardOptions } from "../../interfaces/board.ts";
import { openDevice } from "../board-config.ts";
import { wireBoard } from "../wire-board.ts";

/** QEMU's virt machine clocks the PL011 at 24 MHz. */
const SERIAL_CLOCK = 24_000_000;
/** Pins 0 to 2 of the PL061 are free on this machine; pin 3 is the power button. */
const LIGHT_PIN = 0;

/** Opens what every program needs: interrupts, time, the event loop. The rest is opened on demand. */
export function openBoard(options: BoardOptions): BoardDevices {
  const interrupts = new GICv2({
    distributor: openDevice("interrupt-distributor"),
    cpuInterface: openDevice("interrupt-cpu-interface"),
  });
  return wireBoard(
    {
      interrupts,
      timerInterrupt: interrupts.line(config.board.timer.interrupt),
      makeSerial: (serial) => new PL011({ ...serial, clock: SERIAL_CLOCK }),
      makeRtc: (rtc) => new PL031(rtc),
      openLight: ({ initialValue = 0 }) =>
        new PL061Digital({
          io: new PL061({ registers: openDevice("gpio") }),
          pin: LIGHT_PIN,
          mode: 8,
          initialValue,
        }),
    },
    options,
  );
}
