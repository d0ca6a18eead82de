/** Driver of the Arm PrimeCell GPIO PL061 (ARM DDI 0190): 8 pins, handed out one by one as ECMA-419 Digital. */

import type { Digital, DigitalMode, DigitalOptions, DigitalValue } from "../../interfaces/digital.ts";
import type { InterruptLine } from "../../interfaces/interrupts.ts";
import type { Registers } from "../../interfaces/registers.ts";
import { checkCallback, checkInteger, checkInterruptLine, checkRegisters } from "../check-options.ts";
import { closedError, DriverError } from "../driver-error.ts";
import { checkPrimeCell } from "../prime-cell.ts";

/** DDI 0190 table 3-1. */
const REGISTER = Object.freeze({
  DATA: 0x000, // 3.3.1: address bits 9..2 choose which pins an access touches
  DIRECTION: 0x400, // 3.3.2, 1 is output
  SENSE: 0x404, // 3.3.3, 0 is edge
  BOTH_EDGES: 0x408, // 3.3.4
  EVENT: 0x40c, // 3.3.5, 1 is rising
  MASK: 0x410, // 3.3.6, 1 lets the interrupt through
  MASKED_STATUS: 0x418, // 3.3.8
  CLEAR: 0x41c, // 3.3.9
  FUNCTION: 0x420, // 3.3.10, 0 is software control
});

const PART = 0x061;
const PINS = 8;
const MODE_INPUT = 0;
const MODE_OUTPUT = 8;
const EDGE_RISING = 1;
const EDGE_FALLING = 2;

/** Options of `new PL061(options)`. */
export interface PL061Options {
  /** The 4 KiB window of the controller. */
  readonly registers: Registers;
  /** Its combined interrupt; without it pins cannot have `onReadable`. */
  readonly interrupt?: InterruptLine;
}

/** Options of `new PL061Digital(options)`; `pin` is 0 to 7. Modes are `Input` and `Output`: the part has no pulls. */
export interface PL061DigitalOptions extends DigitalOptions {
  readonly io: PL061;
}

/** The controller. Whoever holds it can open any of its pins; a `PL061Digital` can touch only its own. */
export class PL061 {
  readonly #registers: Registers;
  readonly #interrupt: InterruptLine | undefined;
  readonly #edgeCallbacks: (((this: void) => void) | undefined)[] = [];
  #used = 0;
  #closed = false;

  constructor({ registers, interrupt }: PL061Options) {
    checkRegisters(registers, "PL061");
    if (interrupt !== undefined) checkInterruptLine(interrupt, "PL061");
    checkPrimeCell(registers, PART, "PL061");
    this.#registers = registers;
    this.#interrupt = interrupt;
    registers.write32(REGISTER.MASK, 0);
    registers.write32(REGISTER.SENSE, 0);
    registers.write32(REGISTER.CLEAR, 0xff);
    interrupt?.attach(() => this.#handleInterrupt());
  }

  /** True when pins can have edge callbacks. */
  get hasInterrupt(): boolean {
    return this.#interrupt !== undefined;
  }

  /** Reserves a pin and sets it up: `output` is the level to drive, undefined for an input. For `PL061Digital`. */
  claim(pin: number, output: DigitalValue | undefined, edges: number, onEdge: (() => void) | undefined): PL061Pin {
    if (this.#closed) throw closedError("PL061");
    const bit = 1 << checkInteger(pin, 0, PINS - 1, "PL061: pin");
    if ((this.#used & bit) !== 0) throw new DriverError("busy", `PL061: expected a free pin, found ${pin} open`);
    this.#used |= bit;
    this.#change(REGISTER.FUNCTION, bit, false);
    if (output !== undefined) {
      this.#registers.write32(REGISTER.DATA + bit * 4, output === 1 ? bit : 0); // before the direction: no glitch
      this.#change(REGISTER.DIRECTION, bit, true);
      // While a pin is an input its data register ignores writes on some parts, so the level is written again.
      this.#registers.write32(REGISTER.DATA + bit * 4, output === 1 ? bit : 0);
    } else {
      this.#change(REGISTER.DIRECTION, bit, false);
      if (onEdge !== undefined) {
        this.#edgeCallbacks[pin] = onEdge;
        this.#change(REGISTER.BOTH_EDGES, bit, edges === (EDGE_RISING | EDGE_FALLING));
        this.#change(REGISTER.EVENT, bit, (edges & EDGE_RISING) !== 0);
        this.#registers.write32(REGISTER.CLEAR, bit);
        this.#change(REGISTER.MASK, bit, true);
      }
    }
    return new PL061Pin(this.#registers, bit, () => this.#release(pin, bit));
  }

  /** Closes the controller and makes every open pin an input. Closing twice is fine. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#registers.write32(REGISTER.MASK, 0);
    this.#change(REGISTER.DIRECTION, this.#used, false);
    this.#interrupt?.detach();
  }

  #release(pin: number, bit: number): void {
    this.#change(REGISTER.MASK, bit, false);
    this.#change(REGISTER.DIRECTION, bit, false);
    this.#edgeCallbacks[pin] = undefined;
    this.#used &= ~bit;
  }

  #handleInterrupt(): void {
    const status = this.#registers.read32(REGISTER.MASKED_STATUS);
    this.#registers.write32(REGISTER.CLEAR, status);
    for (let pin = 0; pin < PINS; pin += 1) {
      if ((status & (1 << pin)) !== 0) this.#edgeCallbacks[pin]?.();
    }
  }

  #change(register: number, bits: number, on: boolean): void {
    const value = this.#registers.read32(register) & 0xff;
    this.#registers.write32(register, on ? value | bits : value & ~bits);
  }
}

/** The right to one pin's level. */
export class PL061Pin {
  readonly #registers: Registers;
  readonly #offset: number;
  readonly #bit: number;
  readonly release: () => void;

  constructor(registers: Registers, bit: number, release: () => void) {
    this.#registers = registers;
    this.#bit = bit;
    this.#offset = REGISTER.DATA + bit * 4;
    this.release = release;
  }

  get level(): DigitalValue {
    return this.#registers.read32(this.#offset) === 0 ? 0 : 1;
  }

  set level(level: DigitalValue) {
    this.#registers.write32(this.#offset, level === 1 ? this.#bit : 0);
  }
}

/** One pin as ECMA-419 Digital. */
export class PL061Digital implements Digital {
  static readonly Input = 0;
  static readonly InputPullUp = 1;
  static readonly InputPullDown = 2;
  static readonly InputPullUpDown = 3;
  static readonly Output = 8;
  static readonly OutputOpenDrain = 9;
  static readonly Rising = 1;
  static readonly Falling = 2;

  readonly target: unknown;
  readonly #isOutput: boolean;
  readonly #inverted: DigitalValue;
  #pin: PL061Pin | undefined;

  constructor({ io, pin, mode, edge, activeLow = false, initialValue, onReadable, target }: PL061DigitalOptions) {
    if (!(io instanceof PL061)) throw new TypeError(`PL061Digital: expected io to be a PL061, found ${typeof io}`);
    checkMode(mode);
    this.#isOutput = mode === MODE_OUTPUT;
    this.#inverted = activeLow ? 1 : 0;
    this.target = target;
    if (initialValue !== undefined && (!this.#isOutput || (initialValue !== 0 && initialValue !== 1))) {
      throw new RangeError(`PL061Digital: expected initialValue 0 or 1 of an output, found ${String(initialValue)}`);
    }
    checkCallback(onReadable, "PL061Digital: onReadable");
    let edges = 0;
    if (onReadable !== undefined) {
      if (this.#isOutput) throw new RangeError("PL061Digital: expected an input for onReadable, found an output");
      if (!io.hasInterrupt)
        throw new DriverError("unsupported", "PL061Digital: expected an interrupt for onReadable, found none");
      edges = checkInteger(edge, EDGE_RISING, EDGE_RISING | EDGE_FALLING, "PL061Digital: edge");
      // An active-low signal rises when its line falls.
      if (activeLow) edges = ((edges & EDGE_RISING) << 1) | ((edges & EDGE_FALLING) >> 1);
    }
    const output = this.#isOutput ? this.#invert(initialValue ?? 0) : undefined;
    this.#pin = io.claim(pin, output, edges, onReadable === undefined ? undefined : () => onReadable.call(this));
  }

  get format(): "number" {
    return "number";
  }

  read(): DigitalValue {
    return this.#invert(this.#opened().level);
  }

  write(value: DigitalValue): void {
    const pin = this.#opened();
    if (value !== 0 && value !== 1) throw new RangeError(`PL061Digital: expected 0 or 1, found ${String(value)}`);
    if (!this.#isOutput)
      throw new DriverError("unsupported", "PL061Digital: expected an output to write, found an input");
    pin.level = this.#invert(value);
  }

  close(): void {
    this.#pin?.release();
    this.#pin = undefined;
  }

  #invert(value: DigitalValue): DigitalValue {
    return value === this.#inverted ? 0 : 1;
  }

  #opened(): PL061Pin {
    if (this.#pin === undefined) throw closedError("PL061Digital");
    return this.#pin;
  }
}

function checkMode(mode: DigitalMode): void {
  if (mode !== MODE_INPUT && mode !== MODE_OUTPUT) {
    throw new RangeError(`PL061Digital: expected mode Input (0) or Output (8), found ${String(mode)}`);
  }
}
