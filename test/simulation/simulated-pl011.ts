/** A PL011 with its 16-byte FIFOs, as ARM DDI 0183 describes it rather than as QEMU does. */

import { HardwareViolation, primeCellId, SimulatedRegisters } from "./simulated-registers.ts";

const DEPTH = 16;
/** Both trigger levels at 1/8. */
const TRIGGER = 2;
const RECEIVE = 0x10;
const TRANSMIT = 0x20;
const TIMEOUT = 0x40;
const OVERRUN = 0x400;

/** Characters move only when the test says so: `arrive()` at the receiver, `shift()` at the transmitter. */
export class SimulatedPL011 extends SimulatedRegisters {
  readonly sent: number[] = [];
  divisor = 0;
  part = 0x011;
  /** When true, each look at the flags lets one character out, as time would. */
  shiftsByItself = false;
  #integer = 0;
  #fraction = 0;
  #lineControl = 0;
  #control = 0x300;
  #mask = 0;
  #raw = 0;
  #receive: number[] = [];
  #transmit: number[] = [];
  #overrun = false;

  constructor() {
    super(0x1000);
  }

  get interrupting(): boolean {
    return (this.#raw & this.#mask) !== 0;
  }

  get enabled(): boolean {
    return (this.#control & 1) !== 0;
  }

  /** Characters from the wire; `faults` are bits 8 to 10 of the data register. */
  arrive(bytes: readonly number[], faults = 0): void {
    for (const byte of bytes) {
      if (this.#receive.length === DEPTH) {
        this.#overrun = true;
        this.#raw |= OVERRUN;
        continue;
      }
      this.#receive.push(byte | faults | (this.#overrun ? 0x800 : 0));
      this.#overrun = false;
      if (this.#receive.length >= TRIGGER) this.#raw |= RECEIVE;
    }
  }

  /** 32 bit times without a character. */
  receiveTimeout(): void {
    if (this.#receive.length > 0) this.#raw |= TIMEOUT;
  }

  /** The transmitter finishes up to `count` characters. */
  shift(count = 1): void {
    for (let index = 0; index < count && this.#transmit.length > 0; index += 1) {
      this.sent.push(this.#transmit.shift() as number);
      if (this.#transmit.length === TRIGGER) this.#raw |= TRANSMIT; // only when the level is crossed
    }
  }

  protected load(offset: number): number {
    const identity = primeCellId(offset, this.part);
    if (identity !== undefined) return identity;
    switch (offset) {
      case 0x00: {
        const data = this.#receive.shift();
        if (data === undefined) throw new HardwareViolation("PL011: read of an empty receive FIFO");
        if (this.#receive.length < TRIGGER) this.#raw &= ~RECEIVE;
        if (this.#receive.length === 0) this.#raw &= ~TIMEOUT;
        return data;
      }
      case 0x18: {
        const full = this.#transmit.length === DEPTH;
        const flags =
          (this.#receive.length === 0 ? 0x10 : 0) |
          (full ? 0x20 : 0) |
          (this.#transmit.length === 0 ? 0x80 : 0x08) |
          (this.#receive.length === DEPTH ? 0x40 : 0);
        if (this.shiftsByItself) this.shift();
        return flags;
      }
      case 0x30:
        return this.#control;
      case 0x38:
        return this.#mask;
      case 0x3c:
        return this.#raw;
      case 0x40:
        return this.#raw & this.#mask;
      default:
        throw new HardwareViolation(`PL011: read of register ${offset}`);
    }
  }

  protected store(offset: number, width: number, value: number): void {
    if (width !== 4) throw new HardwareViolation(`PL011: ${width}-byte write`);
    switch (offset) {
      case 0x00:
        if (!this.enabled) throw new HardwareViolation("PL011: data written while disabled");
        if (this.#transmit.length === DEPTH) throw new HardwareViolation("PL011: data written to a full FIFO");
        this.#transmit.push(value);
        break;
      case 0x04:
        break;
      case 0x24:
        this.#whileDisabled("IBRD");
        this.#integer = value;
        break;
      case 0x28:
        this.#whileDisabled("FBRD");
        this.#fraction = value;
        break;
      case 0x2c:
        this.#whileDisabled("LCR_H");
        this.#lineControl = value;
        this.divisor = this.#integer * 64 + this.#fraction;
        if ((value & 0x10) === 0) {
          this.#receive = [];
          this.#transmit = [];
          this.#raw &= ~(RECEIVE | TIMEOUT);
        }
        break;
      case 0x30:
        if ((value & 1) !== 0 && this.#lineControl !== 0x70) throw new HardwareViolation("PL011: enabled without 8N1");
        this.#control = value;
        break;
      case 0x34:
        if (value !== 0) throw new HardwareViolation("PL011: the model has its trigger levels at 1/8");
        break;
      case 0x38:
        this.#mask = value;
        break;
      case 0x44:
        this.#raw &= ~value;
        break;
      default:
        throw new HardwareViolation(`PL011: write of register ${offset}`);
    }
  }

  #whileDisabled(register: string): void {
    if (this.enabled) throw new HardwareViolation(`PL011: ${register} written while enabled`);
  }
}
