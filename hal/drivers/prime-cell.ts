/** Recognises Arm PrimeCell peripherals, so that a driver given the wrong window fails at open instead of misbehaving. */

import type { Registers } from "../interfaces/registers.ts";
import { hex } from "./check-options.ts";
import { DriverError } from "./driver-error.ts";

/** Peripheral identification registers, the same in ARM DDI 0183 3.3.14, DDI 0190 3.3.11 and DDI 0224 3.3.9. */
const PERIPHERAL_ID = 0xfe0;
const CELL_ID = 0xff0;
const CELL = 0xb105_f00d;

/** Throws DriverError `device` unless the window holds the PrimeCell with the 12-bit part number `part`. */
export function checkPrimeCell(registers: Registers, part: number, where: string): void {
  let cell = 0;
  for (let index = 3; index >= 0; index -= 1)
    cell = (cell * 256 + (registers.read32(CELL_ID + index * 4) & 0xff)) >>> 0;
  if (cell !== CELL)
    throw new DriverError("device", `${where}: expected PrimeCell id ${hex(CELL)}, found ${hex(cell)}`);
  const found = (registers.read32(PERIPHERAL_ID) & 0xff) | ((registers.read32(PERIPHERAL_ID + 4) & 0x0f) << 8);
  if (found !== part) throw new DriverError("device", `${where}: expected part ${hex(part)}, found ${hex(found)}`);
}
