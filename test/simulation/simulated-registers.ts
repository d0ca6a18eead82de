/** What every simulated device shares: the checks that the native register window makes. */

import type { Registers } from "../../hal/interfaces/registers.ts";

/** Something that no correct driver does to real hardware. It is thrown, so that the test fails where it happens. */
export class HardwareViolation extends Error {
  override readonly name = "HardwareViolation";
}

/** A window whose accesses are checked and then handed to the model. */
export abstract class SimulatedRegisters implements Registers {
  readonly byteLength: number;

  constructor(byteLength: number) {
    this.byteLength = byteLength;
  }

  /** The model's side of a read; `width` is 1, 2 or 4 bytes. */
  protected abstract load(offset: number, width: number): number;
  protected abstract store(offset: number, width: number, value: number): void;

  read8(offset: number): number {
    return this.#read(offset, 1);
  }

  read16(offset: number): number {
    return this.#read(offset, 2);
  }

  read32(offset: number): number {
    return this.#read(offset, 4);
  }

  write8(offset: number, value: number): void {
    this.#write(offset, 1, value);
  }

  write16(offset: number, value: number): void {
    this.#write(offset, 2, value);
  }

  write32(offset: number, value: number): void {
    this.#write(offset, 4, value);
  }

  #read(offset: number, width: number): number {
    this.#check(offset, width);
    const value = this.load(offset, width);
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
      throw new Error(`simulation: expected a ${width}-byte value at ${offset}, found ${value}`);
    }
    return value;
  }

  #write(offset: number, width: number, value: number): void {
    this.#check(offset, width);
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
      throw new RangeError(`registers: expected a ${width}-byte value, found ${value}`);
    }
    this.store(offset, width, value);
  }

  #check(offset: number, width: number): void {
    if (!Number.isInteger(offset) || offset < 0 || offset + width > this.byteLength || offset % width !== 0) {
      throw new RangeError(`registers: expected an aligned offset below ${this.byteLength}, found ${offset}`);
    }
  }
}

/** The identification registers of a PrimeCell, or undefined for another offset. */
export function primeCellId(offset: number, part: number): number | undefined {
  const cell = [0x0d, 0xf0, 0x05, 0xb1];
  if (offset >= 0xff0) return cell[(offset - 0xff0) / 4];
  if (offset >= 0xfe0) return [part & 0xff, 0x10 | (part >> 8), 0x04, 0x00][(offset - 0xfe0) / 4];
  return undefined;
}
