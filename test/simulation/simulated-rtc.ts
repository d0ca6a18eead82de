/** The two real-time clocks of the boards: PL031 (ARM DDI 0224) and Goldfish. */

import { HardwareViolation, primeCellId, SimulatedRegisters } from "./simulated-registers.ts";

/** Takes a loaded time at the next second, as the part does. */
export class SimulatedPL031 extends SimulatedRegisters {
  part = 0x031;
  seconds = 1_700_000_000;
  running = true;
  #load: number | undefined;
  #match = 0;
  #mask = 0;
  #raw = 0;

  constructor() {
    super(0x1000);
  }

  get interrupting(): boolean {
    return (this.#raw & this.#mask) !== 0;
  }

  /** One second passes. */
  tick(): void {
    this.seconds = this.#load ?? this.seconds + 1;
    this.#load = undefined;
    if (this.seconds === this.#match) this.#raw = 1;
  }

  protected load(offset: number): number {
    const identity = primeCellId(offset, this.part);
    if (identity !== undefined) return identity;
    if (offset === 0x00) return this.seconds;
    if (offset === 0x0c) return this.running ? 1 : 0;
    throw new HardwareViolation(`PL031: read of register ${offset}`);
  }

  protected store(offset: number, _width: number, value: number): void {
    if (offset === 0x04) this.#match = value;
    else if (offset === 0x08) this.#load = value;
    else if (offset === 0x0c) this.running = value === 1;
    else if (offset === 0x10) this.#mask = value;
    else if (offset === 0x1c) this.#raw &= ~value;
    else throw new HardwareViolation(`PL031: write of register ${offset}`);
  }
}

/** Reading the low half latches the high half; BigInt keeps the 64 bits exact, which the driver cannot. */
export class SimulatedGoldfishRtc extends SimulatedRegisters {
  nanoseconds = 1_700_000_000_123_456_789n;
  /** Called before each register access: lets time pass in the middle of a sequence. */
  onAccess: () => void = () => {};
  #latched = 0;
  #alarmHigh = 0;
  #alarm: bigint | undefined;
  #enabled = 0;
  #pending = false;

  constructor() {
    super(0x20);
  }

  get interrupting(): boolean {
    return this.#pending && this.#enabled !== 0;
  }

  get alarm(): bigint | undefined {
    return this.#alarm;
  }

  /** Lets time pass. */
  advance(milliseconds: number): void {
    this.nanoseconds += BigInt(milliseconds) * 1_000_000n;
    this.#check();
  }

  protected load(offset: number): number {
    this.onAccess();
    if (offset === 0x00) {
      this.#latched = Number(this.nanoseconds >> 32n);
      return Number(this.nanoseconds & 0xffff_ffffn);
    }
    if (offset === 0x04) return this.#latched;
    throw new HardwareViolation(`Goldfish: read of register ${offset}`);
  }

  protected store(offset: number, _width: number, value: number): void {
    this.onAccess();
    const low = this.nanoseconds & 0xffff_ffffn;
    switch (offset) {
      case 0x00:
        this.#set(this.nanoseconds - low + BigInt(value));
        break;
      case 0x04:
        this.#set((BigInt(value) << 32n) + low);
        break;
      case 0x08:
        this.#alarm = (BigInt(this.#alarmHigh) << 32n) + BigInt(value);
        this.#check();
        break;
      case 0x0c:
        this.#alarmHigh = value;
        break;
      case 0x10:
        this.#enabled = value;
        break;
      case 0x14:
        this.#alarm = undefined;
        break;
      case 0x1c:
        this.#pending = false;
        break;
      default:
        throw new HardwareViolation(`Goldfish: write of register ${offset}`);
    }
  }

  /** The hardware counts down to the alarm, so a new time moves it along. */
  #set(nanoseconds: bigint): void {
    if (this.#alarm !== undefined) this.#alarm += nanoseconds - this.nanoseconds;
    this.nanoseconds = nanoseconds;
  }

  #check(): void {
    if (this.#alarm === undefined || this.nanoseconds < this.#alarm) return;
    this.#alarm = undefined;
    this.#pending = true;
  }
}
