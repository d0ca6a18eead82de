/** Driver of the 16550 UART (National Semiconductor PC16550D) as an ECMA-419 Serial. */

import type { Registers } from "../../interfaces/registers.ts";
import { checkInteger, checkRegisters, hex } from "../check-options.ts";
import { DriverError } from "../driver-error.ts";
import {
  FAULT_BREAK,
  FAULT_FRAMING,
  FAULT_OVERRUN,
  FAULT_PARITY,
  type SerialLine,
  SerialPort,
  type SerialPortOptions,
} from "../serial-port/serial-port.ts";

/** PC16550D table II, register numbers; `stride` turns them into offsets. */
const REGISTER = Object.freeze({
  DATA: 0, // receiver buffer and transmitter holding, 8.0
  DIVISOR_LOW: 0, // with divisor access, 8.3
  INTERRUPT_ENABLE: 1, // 8.7
  DIVISOR_HIGH: 1,
  INTERRUPT_IDENTITY: 2, // read, 8.6
  FIFO_CONTROL: 2, // write, 8.5
  LINE_CONTROL: 3, // 8.1
  MODEM_CONTROL: 4, // 8.8
  LINE_STATUS: 5, // 8.4
  SCRATCH: 7, // 8.10
});

const ENABLE_RECEIVE = 0x05; // data available and line status
const ENABLE_TRANSMIT = 0x02;
const FIFO_ENABLE_RESET_1 = 0x07; // enable, reset both, trigger at 1 byte: the time-out interrupt is then never needed
const FIFO_ENABLED = 0xc0;
const LINE_8_BITS = 0x03;
const LINE_DIVISOR_ACCESS = 0x80;
const MODEM_READY = 0x03; // DTR and RTS
const STATUS_DATA = 0x01;
const STATUS_OVERRUN = 0x02;
const STATUS_PARITY = 0x04;
const STATUS_FRAMING = 0x08;
const STATUS_BREAK = 0x10;
const STATUS_HOLDING_EMPTY = 0x20;
const STATUS_TRANSMITTER_EMPTY = 0x40;
const FIFO_DEPTH = 16;
const DRAIN_POLLS = 100_000;

/** Options of `new NS16550(options)`. */
export interface NS16550Options extends SerialPortOptions {
  /** The window of the UART, 8 registers of `stride` bytes. */
  readonly registers: Registers;
  /** Input clock in Hz (3.6864 MHz on virt-rv32). */
  readonly clock: number;
  /** Distance of two registers in bytes: 1 (default), 2 or 4. Accesses are always 8 bits wide. */
  readonly stride?: number;
}

/** One 16550 or 16450, 8 data bits, no parity, 1 stop bit. */
export class NS16550 extends SerialPort {
  constructor(options: NS16550Options) {
    super("NS16550", options, () => new NS16550Line(options));
  }
}

class NS16550Line implements SerialLine {
  readonly #registers: Registers;
  readonly #stride: number;
  readonly #depth: number;
  /** Bytes that the transmit FIFO takes before the line status must be asked again: it tells empty, but not how full. */
  #room = 0;
  /** Fault bits seen in a line status read for another reason; reading clears them in hardware. */
  #faults = 0;

  constructor({ registers, clock, baud, stride = 1 }: NS16550Options) {
    checkRegisters(registers, "NS16550");
    checkInteger(clock, 1, 0xffff_ffff, "NS16550: clock");
    checkInteger(baud, 1, 0xffff_ffff, "NS16550: baud");
    if (stride !== 1 && stride !== 2 && stride !== 4) {
      throw new RangeError(`NS16550: expected stride 1, 2 or 4, found ${String(stride)}`);
    }
    const divisor = Math.round(clock / (16 * baud)); // 8.3
    if (divisor < 1 || divisor > 65_535 || Math.abs(clock / (16 * divisor) - baud) > baud * 0.02) {
      throw new RangeError(`NS16550: expected a baud rate that ${clock} Hz can make within 2 %, found ${baud}`);
    }
    this.#registers = registers;
    this.#stride = stride;
    this.#checkPresent();
    this.#set(REGISTER.INTERRUPT_ENABLE, 0);
    this.#drain();
    this.#set(REGISTER.LINE_CONTROL, LINE_DIVISOR_ACCESS | LINE_8_BITS);
    this.#set(REGISTER.DIVISOR_LOW, divisor & 0xff);
    this.#set(REGISTER.DIVISOR_HIGH, divisor >> 8);
    this.#set(REGISTER.LINE_CONTROL, LINE_8_BITS);
    this.#set(REGISTER.FIFO_CONTROL, FIFO_ENABLE_RESET_1);
    this.#set(REGISTER.MODEM_CONTROL, MODEM_READY);
    this.#depth = (this.#get(REGISTER.INTERRUPT_IDENTITY) & FIFO_ENABLED) === FIFO_ENABLED ? FIFO_DEPTH : 1;
    this.#get(REGISTER.LINE_STATUS); // clears old faults
  }

  put(byte: number): boolean {
    if (this.#room === 0) {
      if ((this.#status() & STATUS_HOLDING_EMPTY) === 0) return false;
      this.#room = this.#depth;
    }
    this.#room -= 1;
    this.#set(REGISTER.DATA, byte);
    return true;
  }

  take(): number {
    if ((this.#status() & STATUS_DATA) === 0) return -1;
    const taken = this.#get(REGISTER.DATA) | this.#faults;
    this.#faults = 0;
    return taken;
  }

  idle(): boolean {
    return (this.#status() & STATUS_TRANSMITTER_EMPTY) !== 0;
  }

  setInterrupts(receive: boolean, transmit: boolean): void {
    this.#set(REGISTER.INTERRUPT_ENABLE, (receive ? ENABLE_RECEIVE : 0) | (transmit ? ENABLE_TRANSMIT : 0));
  }

  acknowledge(): void {
    this.#get(REGISTER.INTERRUPT_IDENTITY); // clears a transmitter interrupt (table IV); the rest clears by reading data and status
  }

  shutdown(): void {
    this.#set(REGISTER.INTERRUPT_ENABLE, 0);
    this.#set(REGISTER.FIFO_CONTROL, 0);
    this.#set(REGISTER.MODEM_CONTROL, 0);
  }

  #get(register: number): number {
    return this.#registers.read8(register * this.#stride);
  }

  #set(register: number, value: number): void {
    this.#registers.write8(register * this.#stride, value);
  }

  /** The faults belong to the byte that is next in the FIFO (8.4), so they are kept for `take`. */
  #status(): number {
    const status = this.#get(REGISTER.LINE_STATUS);
    if (status & STATUS_OVERRUN) this.#faults |= FAULT_OVERRUN;
    if (status & STATUS_PARITY) this.#faults |= FAULT_PARITY;
    if (status & STATUS_FRAMING) this.#faults |= FAULT_FRAMING;
    if (status & STATUS_BREAK) this.#faults |= FAULT_BREAK;
    return status;
  }

  /** A 16550 has no identification; its scratch register tells it from an empty bus. */
  #checkPresent(): void {
    for (const pattern of [0x5a, 0xa5]) {
      this.#set(REGISTER.SCRATCH, pattern);
      const found = this.#get(REGISTER.SCRATCH);
      if (found !== pattern) {
        throw new DriverError("device", `NS16550: expected scratch register ${hex(pattern)}, found ${hex(found)}`);
      }
    }
  }

  /** Changing the divisor under characters of the boot stage would garble the console. */
  #drain(): void {
    for (let poll = 0; poll < DRAIN_POLLS; poll += 1) {
      if (this.idle()) {
        this.#faults = 0;
        return;
      }
    }
    throw new DriverError(
      "timeout",
      `NS16550: expected the transmitter to empty, found it busy after ${DRAIN_POLLS} polls`,
    );
  }
}
