/** The devices of virt-rv32: PLIC, machine timer, NS16550 console, Goldfish clock, flash. The machine has no GPIO, so no light. */
import { GoldfishRtc } from "../../drivers/goldfish-rtc/goldfish-rtc.ts";
import { NS16550 } from "../../drivers/ns16550/ns16550.ts";
import { PLIC } from "../../drivers/plic/plic.ts";
import type { BoardDevices, BoardOptions } from "../../interfaces/board.ts";
import { openDevice } from "../board-config.ts";
import { wireBoard } from "../wire-board.ts";

/** QEMU's virt machine clocks the 16550 at 3.6864 MHz. */
const SERIAL_CLOCK = 3_686_400;
/** Sources of the machine's PLIC, 0 not counted. */
const INTERRUPT_SOURCES = 96;

/** Opens what every program needs: interrupts, time, the event loop. The rest is opened on demand. */
export function openBoard(options: BoardOptions): BoardDevices {
  return wireBoard(
    {
      interrupts: new PLIC({ registers: openDevice("interrupt-controller"), sources: INTERRUPT_SOURCES - 1 }),
      makeSerial: (serial) => new NS16550({ ...serial, clock: SERIAL_CLOCK }),
      makeRtc: (rtc) => new GoldfishRtc(rtc),
      openLight: undefined,
    },
    options,
  );
}
