/** A 16550 with 16-byte FIFOs (National Semiconductor PC16550D). */

import { HardwareViolation, SimulatedRegisters } from "./simulated-registers.ts";

const DEPTH = 16;
const DATA_READY = 0x01;
const OVERRUN = 0x02;
const HOLDING_EMPTY = 0x20;
const TRANSMITTER_EMPTY = 0x40;

/** Characters move only when the test says so, except with `shiftsByItself`. */
export class SimulatedNS16550 extends SimulatedRegisters {
  readonly sent: number[] = [];
  divisor = 0;
  /** False models an empty bus. */
  present = true;
  /** False models a 16450. */
  hasFifo = true;
  shiftsByItself = false;
  modemControl = 0;
  readonly #stride: number;
  #enable = 0;
  #fifo = 0;
  #lineControl = 0;
  #scratch = 0;
  #receive: { byte: number; faults: number }[] = [];
  #transmit: number[] = [];
  #overrun = false;
  #holdingInterrupt = false;

  constructor(stride = 1) {
    super(8 * stride);
    this.#stride = stride;
  }

  get interrupting(): boolean {
    return this.#identity() !== 1;
  }

  /** Characters from the wire; `faults` are line status bits 2 to 4. */
  arrive(bytes: readonly number[], faults = 0): void {
    for (const byte of bytes) {
      if (this.#receive.length === this.#depth) this.#overrun = true;
      else this.#receive.push({ byte, faults });
    }
  }

  shift(count = 1): void {
    for (let index = 0; index < count && this.#transmit.length > 0; index += 1) {
      this.sent.push(this.#transmit.shift() as number);
      if (this.#transmit.length === 0) this.#holdingInterrupt = true;
    }
  }

  get #depth(): number {
    return this.hasFifo && (this.#fifo & 1) !== 0 ? DEPTH : 1;
  }

  /** Table IV, by priority: line status, data, transmitter. */
  #identity(): number {
    const faulty = this.#overrun || (this.#receive[0]?.faults ?? 0) !== 0;
    if ((this.#enable & 4) !== 0 && faulty) return 6;
    if ((this.#enable & 1) !== 0 && this.#receive.length > 0) return 4;
    if ((this.#enable & 2) !== 0 && this.#holdingInterrupt) return 2;
    return 1;
  }

  protected load(offset: number, width: number): number {
    if (width !== 1) throw new HardwareViolation(`NS16550: ${width}-byte read`);
    if (!this.present) return 0xff;
    const register = offset / this.#stride;
    switch (register) {
      case 0:
        if ((this.#lineControl & 0x80) !== 0) return this.divisor & 0xff;
        if (this.#receive.length === 0) throw new HardwareViolation("NS16550: read without data");
        return (this.#receive.shift() as { byte: number }).byte;
      case 2: {
        const identity = this.#identity();
        if (identity === 2) this.#holdingInterrupt = false;
        return identity | (this.hasFifo && (this.#fifo & 1) !== 0 ? 0xc0 : 0);
      }
      case 5: {
        const head = this.#receive[0];
        const empty = this.#transmit.length === 0 ? HOLDING_EMPTY | TRANSMITTER_EMPTY : 0;
        const status = (head ? DATA_READY | head.faults : 0) | (this.#overrun ? OVERRUN : 0) | empty;
        if (head) head.faults = 0;
        this.#overrun = false;
        if (this.shiftsByItself) this.shift();
        return status;
      }
      case 7:
        return this.#scratch;
      default:
        throw new HardwareViolation(`NS16550: read of register ${register}`);
    }
  }

  protected store(offset: number, width: number, value: number): void {
    if (width !== 1) throw new HardwareViolation(`NS16550: ${width}-byte write`);
    if (!this.present) return;
    const register = offset / this.#stride;
    const divisorAccess = (this.#lineControl & 0x80) !== 0;
    switch (register) {
      case 0:
        if (divisorAccess) this.divisor = (this.divisor & 0xff00) | value;
        else {
          if (this.#transmit.length === this.#depth) throw new HardwareViolation("NS16550: write to a full FIFO");
          this.#transmit.push(value);
          this.#holdingInterrupt = false;
        }
        break;
      case 1:
        if (divisorAccess) this.divisor = (this.divisor & 0xff) | (value << 8);
        else {
          // Enabling it while the holding register is empty raises it at once.
          if ((value & 2) !== 0 && (this.#enable & 2) === 0 && this.#transmit.length === 0)
            this.#holdingInterrupt = true;
          this.#enable = value;
        }
        break;
      case 2:
        this.#fifo = value;
        if ((value & 2) !== 0 || (value & 1) === 0) this.#receive = [];
        if ((value & 4) !== 0 || (value & 1) === 0) {
          if (this.#transmit.length > 0 && value !== 0) throw new HardwareViolation("NS16550: reset over characters");
          this.#transmit = [];
        }
        break;
      case 3:
        this.#lineControl = value;
        break;
      case 4:
        this.modemControl = value;
        break;
      case 7:
        this.#scratch = value;
        break;
      default:
        throw new HardwareViolation(`NS16550: write of register ${register}`);
    }
  }
}
