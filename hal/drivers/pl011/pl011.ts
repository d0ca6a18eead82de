/** Driver of the Arm PrimeCell UART PL011 (ARM DDI 0183) as an ECMA-419 Serial. */

import type { Registers } from "../../interfaces/registers.ts";
import { checkInteger, checkRegisters } from "../check-options.ts";
import { DriverError } from "../driver-error.ts";
import { checkPrimeCell } from "../prime-cell.ts";
import {
  FAULT_BREAK,
  FAULT_FRAMING,
  FAULT_OVERRUN,
  FAULT_PARITY,
  type SerialLine,
  SerialPort,
  type SerialPortOptions,
} from "../serial-port/serial-port.ts";

/** DDI 0183 table 3-1. */
const REGISTER = Object.freeze({
  DATA: 0x00, // 3.3.1
  ERROR_CLEAR: 0x04, // 3.3.2
  FLAGS: 0x18, // 3.3.3
  BAUD_INTEGER: 0x24, // 3.3.5
  BAUD_FRACTION: 0x28, // 3.3.6
  LINE_CONTROL: 0x2c, // 3.3.7
  CONTROL: 0x30, // 3.3.8
  FIFO_LEVELS: 0x34, // 3.3.9
  INTERRUPT_MASK: 0x38, // 3.3.10
  INTERRUPT_CLEAR: 0x44, // 3.3.13
});

const PART = 0x011;
const FLAG_BUSY = 1 << 3;
const FLAG_RECEIVE_EMPTY = 1 << 4;
const FLAG_TRANSMIT_FULL = 1 << 5;
const FLAG_TRANSMIT_EMPTY = 1 << 7;
const DATA_FRAMING = 1 << 8;
const DATA_PARITY = 1 << 9;
const DATA_BREAK = 1 << 10;
const DATA_OVERRUN = 1 << 11;
const LINE_8_BITS_FIFO = 0x70;
const CONTROL_ENABLE = 0x301; // UARTEN, TXE, RXE
const INTERRUPT_RECEIVE = 0x450; // receive level, receive time-out, overrun; other faults come with a byte
const INTERRUPT_TRANSMIT = 0x20;
/** Everything but the receive conditions, which reading the FIFO clears; clearing those by hand would lose bytes. */
const INTERRUPT_LATCHED = 0x7af;
const INTERRUPT_ALL = 0x7ff;
/** Receive at 1/8 full and transmit at 1/8 full: early enough at both ends. */
const FIFO_LEVELS_EIGHTH = 0;
/** Polls for the character that was on the wire when we opened. */
const DRAIN_POLLS = 100_000;

/** Options of `new PL011(options)`. */
export interface PL011Options extends SerialPortOptions {
  /** The 4 KiB window of the UART. */
  readonly registers: Registers;
  /** UARTCLK in Hz (24 MHz on virt-a7). */
  readonly clock: number;
}

/** One PL011, 8 data bits, no parity, 1 stop bit. */
export class PL011 extends SerialPort {
  constructor(options: PL011Options) {
    super("PL011", options, () => new PL011Line(options));
  }
}

class PL011Line implements SerialLine {
  readonly #registers: Registers;

  constructor({ registers, clock, baud }: PL011Options) {
    checkRegisters(registers, "PL011");
    checkInteger(clock, 1, 0xffff_ffff, "PL011: clock");
    checkInteger(baud, 1, 0xffff_ffff, "PL011: baud");
    const divisor = Math.round((clock * 4) / baud); // 1/64 steps of clock / (16 x baud), 3.3.6
    if (divisor < 64 || divisor > 65_535 * 64 || Math.abs((clock * 4) / divisor - baud) > baud * 0.02) {
      throw new RangeError(`PL011: expected a baud rate that ${clock} Hz can make within 2 %, found ${baud}`);
    }
    checkPrimeCell(registers, PART, "PL011");
    this.#registers = registers;
    registers.write32(REGISTER.INTERRUPT_MASK, 0);
    this.#drain();
    registers.write32(REGISTER.CONTROL, 0);
    registers.write32(REGISTER.LINE_CONTROL, 0); // FEN off empties both FIFOs (3.3.8)
    registers.write32(REGISTER.BAUD_INTEGER, Math.floor(divisor / 64));
    registers.write32(REGISTER.BAUD_FRACTION, divisor % 64);
    registers.write32(REGISTER.LINE_CONTROL, LINE_8_BITS_FIFO); // also latches the divisors (3.3.6)
    registers.write32(REGISTER.FIFO_LEVELS, FIFO_LEVELS_EIGHTH);
    registers.write32(REGISTER.ERROR_CLEAR, 0);
    registers.write32(REGISTER.INTERRUPT_CLEAR, INTERRUPT_ALL);
    registers.write32(REGISTER.CONTROL, CONTROL_ENABLE);
  }

  put(byte: number): boolean {
    if ((this.#registers.read32(REGISTER.FLAGS) & FLAG_TRANSMIT_FULL) !== 0) return false;
    this.#registers.write32(REGISTER.DATA, byte);
    return true;
  }

  take(): number {
    if ((this.#registers.read32(REGISTER.FLAGS) & FLAG_RECEIVE_EMPTY) !== 0) return -1;
    const data = this.#registers.read32(REGISTER.DATA);
    let taken = data & 0xff;
    if ((data & 0xf00) !== 0) {
      if (data & DATA_OVERRUN) taken |= FAULT_OVERRUN;
      if (data & DATA_BREAK) taken |= FAULT_BREAK;
      if (data & DATA_PARITY) taken |= FAULT_PARITY;
      if (data & DATA_FRAMING) taken |= FAULT_FRAMING;
    }
    return taken;
  }

  idle(): boolean {
    return (this.#registers.read32(REGISTER.FLAGS) & (FLAG_BUSY | FLAG_TRANSMIT_EMPTY)) === FLAG_TRANSMIT_EMPTY;
  }

  setInterrupts(receive: boolean, transmit: boolean): void {
    this.#registers.write32(
      REGISTER.INTERRUPT_MASK,
      (receive ? INTERRUPT_RECEIVE : 0) | (transmit ? INTERRUPT_TRANSMIT : 0),
    );
  }

  acknowledge(): void {
    this.#registers.write32(REGISTER.INTERRUPT_CLEAR, INTERRUPT_LATCHED);
  }

  shutdown(): void {
    this.#registers.write32(REGISTER.INTERRUPT_MASK, 0);
    this.#registers.write32(REGISTER.CONTROL, 0);
    this.#registers.write32(REGISTER.LINE_CONTROL, 0);
    this.#registers.write32(REGISTER.INTERRUPT_CLEAR, INTERRUPT_ALL);
  }

  /** The boot stage may have left characters in the FIFO; disabling the UART under them would garble the console (3.3.8). */
  #drain(): void {
    for (let poll = 0; poll < DRAIN_POLLS; poll += 1) {
      if ((this.#registers.read32(REGISTER.FLAGS) & FLAG_BUSY) === 0) return;
    }
    throw new DriverError(
      "timeout",
      `PL011: expected the transmitter to empty, found it busy after ${DRAIN_POLLS} polls`,
    );
  }
}
