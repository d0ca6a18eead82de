/** The part of a serial driver that does not depend on the UART: buffers, formats and callbacks of ECMA-419 Serial. */

import type { InterruptLine } from "../../interfaces/interrupts.ts";
import type { Serial, SerialFault, SerialFormat, SerialOptions } from "../../interfaces/serial.ts";
import { checkCallback, checkInteger, checkInterruptLine } from "../check-options.ts";
import { closedError, DriverError } from "../driver-error.ts";
import { ByteRing } from "./byte-ring.ts";

/** Bits that `SerialLine.take()` adds above the byte. */
export const FAULT_OVERRUN = 0x100;
export const FAULT_PARITY = 0x200;
export const FAULT_FRAMING = 0x400;
export const FAULT_BREAK = 0x800;

const DAMAGED = FAULT_PARITY | FAULT_FRAMING | FAULT_BREAK;
const DEFAULT_BUFFER_LENGTH = 256;
/** Polls of a transmitter that takes nothing before `flush` gives up: far more than one character takes at 300 baud. */
const STALLED_POLLS = 100_000;

/** What a UART driver provides: its two FIFOs and interrupt enables, with no policy. */
export interface SerialLine {
  /** Gives one byte to the transmitter; false when it has no room. */
  put(byte: number): boolean;
  /** The next received byte with FAULT bits added, or -1 when there is none. */
  take(): number;
  /** True when the last bit has left. */
  idle(): boolean;
  /** Chooses which conditions raise the interrupt. */
  setInterrupts(receive: boolean, transmit: boolean): void;
  /** Called first in the interrupt handler, to clear what is latched. */
  acknowledge(): void;
  /** Stops the UART and its interrupts. */
  shutdown(): void;
}

/** Options of every serial driver. */
export interface SerialPortOptions extends SerialOptions {
  /** The UART's interrupt. Without it the port is polled: bytes move during calls only, and callbacks are refused. */
  readonly interrupt?: InterruptLine;
}

/** ECMA-419 Serial over a `SerialLine`. Drivers extend it. */
export class SerialPort implements Serial {
  readonly target: unknown;
  readonly #where: string;
  #line: SerialLine | undefined;
  readonly #interrupt: InterruptLine | undefined;
  readonly #received: ByteRing;
  readonly #unsent: ByteRing;
  readonly #onReadable: SerialOptions["onReadable"];
  readonly #onWritable: SerialOptions["onWritable"];
  readonly #onError: SerialOptions["onError"];
  #format: SerialFormat;
  #writablePromised = false;

  /** `openLine` checks the driver's own options and then touches hardware; it runs after everything else was checked. */
  constructor(where: string, options: SerialPortOptions, openLine: () => SerialLine) {
    const {
      interrupt,
      onReadable,
      onWritable,
      onError,
      format = "number",
      bufferLength = DEFAULT_BUFFER_LENGTH,
    } = options;
    checkFormat(format, where);
    checkInteger(bufferLength, 16, 65_536, `${where}: bufferLength`);
    checkCallback(onReadable, `${where}: onReadable`);
    checkCallback(onWritable, `${where}: onWritable`);
    checkCallback(onError, `${where}: onError`);
    if (interrupt !== undefined) checkInterruptLine(interrupt, where);
    else if (onReadable ?? onWritable ?? onError) {
      throw new TypeError(`${where}: expected an interrupt line for the callbacks, found none`);
    }
    this.#where = where;
    this.target = options.target;
    this.#interrupt = interrupt;
    this.#format = format;
    this.#onReadable = onReadable;
    this.#onWritable = onWritable;
    this.#onError = onError;
    this.#received = new ByteRing(bufferLength);
    this.#unsent = new ByteRing(bufferLength);
    const line = openLine();
    try {
      interrupt?.attach(() => this.#handleInterrupt());
    } catch (error) {
      line.shutdown();
      throw error;
    }
    this.#line = line;
    if (interrupt !== undefined) line.setInterrupts(true, false);
    this.#promiseWritable();
  }

  get format(): SerialFormat {
    return this.#format;
  }

  set format(format: SerialFormat) {
    this.#opened();
    checkFormat(format, this.#where);
    this.#format = format;
  }

  read(limit?: number | Uint8Array): number | ArrayBuffer | undefined {
    const line = this.#opened();
    if (this.#format === "buffer" && limit !== undefined && !(limit instanceof Uint8Array)) {
      checkInteger(limit, 1, 0x7fff_ffff, `${this.#where}: read count`);
    }
    if (this.#interrupt === undefined) this.#receive(line);
    if (this.#received.length === 0) return undefined;
    let result: number | ArrayBuffer;
    if (this.#format === "number") result = this.#received.shift();
    else if (limit instanceof Uint8Array) result = this.#received.shiftInto(limit);
    else {
      const bytes = new Uint8Array(Math.min(limit ?? this.#received.length, this.#received.length));
      this.#received.shiftInto(bytes);
      result = bytes.buffer;
    }
    this.#updateInterrupts(line);
    return result;
  }

  write(data: number | ArrayBuffer | Uint8Array): void {
    const line = this.#opened();
    const bytes = this.#outgoing(data);
    const count = typeof bytes === "number" ? 1 : bytes.length;
    this.#transmit(line);
    if (count > this.#unsent.room) {
      throw new DriverError(
        "no-space",
        `${this.#where}: expected at most ${this.#unsent.room} bytes to write, found ${count}`,
      );
    }
    if (typeof bytes === "number") this.#unsent.push(bytes);
    else for (let index = 0; index < count; index += 1) this.#unsent.push(bytes[index] as number);
    this.#transmit(line);
    this.#updateInterrupts(line);
    // A UART raises no interrupt for a FIFO that never filled, so the promise job tells the writer in that case.
    if (this.#unsent.length === 0 && count > 0) this.#promiseWritable();
  }

  flush(): void {
    const line = this.#opened();
    let stalled = 0;
    while (this.#unsent.length > 0 || !line.idle()) {
      const before = this.#unsent.length;
      this.#transmit(line);
      stalled = this.#unsent.length < before ? 0 : stalled + 1;
      if (stalled > STALLED_POLLS) {
        throw new DriverError(
          "timeout",
          `${this.#where}: expected the transmitter to empty, found ${before} bytes waiting`,
        );
      }
    }
  }

  close(): void {
    const line = this.#line;
    if (line === undefined) return;
    this.#line = undefined;
    line.shutdown();
    this.#interrupt?.detach();
  }

  #opened(): SerialLine {
    if (this.#line === undefined) throw closedError(this.#where);
    return this.#line;
  }

  #outgoing(data: number | ArrayBuffer | Uint8Array): number | Uint8Array {
    if (this.#format === "number") return checkInteger(data, 0, 255, `${this.#where}: byte to write`);
    if (data instanceof Uint8Array) return data;
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    throw new TypeError(`${this.#where}: expected an ArrayBuffer or a Uint8Array to write, found ${typeof data}`);
  }

  /** Moves bytes from the hardware while there is room for them; returns the faults seen. */
  #receive(line: SerialLine): number {
    let faults = 0;
    while (this.#received.room > 0) {
      const taken = line.take();
      if (taken < 0) break;
      faults |= taken;
      if ((taken & DAMAGED) === 0) this.#received.push(taken & 0xff);
    }
    return faults & ~0xff;
  }

  #transmit(line: SerialLine): void {
    while (this.#unsent.length > 0 && line.put(this.#unsent.first)) this.#unsent.shift();
  }

  /** With a full buffer the receive interrupt is held back, which fills the hardware FIFO and lets flow control act. */
  #updateInterrupts(line: SerialLine): void {
    if (this.#interrupt !== undefined) line.setInterrupts(this.#received.room > 0, this.#unsent.length > 0);
  }

  #handleInterrupt(): void {
    const line = this.#line;
    if (line === undefined) return;
    line.acknowledge();
    const before = this.#received.length;
    const waiting = this.#unsent.length;
    const faults = this.#receive(line);
    this.#transmit(line);
    this.#updateInterrupts(line);
    const arrived = this.#received.length > before;
    const emptied = waiting > 0 && this.#unsent.length === 0;
    if (faults !== 0) this.#reportFaults(faults);
    if (arrived && this.#line !== undefined) this.#onReadable?.call(this, this.#received.length);
    if (emptied && this.#line !== undefined) this.#onWritable?.call(this, this.#unsent.room);
  }

  #reportFaults(faults: number): void {
    if (faults & FAULT_OVERRUN) this.#reportFault("overrun");
    if (faults & FAULT_BREAK) this.#reportFault("break");
    else if (faults & FAULT_FRAMING) this.#reportFault("framing");
    if (faults & FAULT_PARITY) this.#reportFault("parity");
  }

  #reportFault(fault: SerialFault): void {
    if (this.#line !== undefined) this.#onError?.call(this, fault);
  }

  #promiseWritable(): void {
    if (this.#onWritable === undefined || this.#writablePromised) return;
    this.#writablePromised = true;
    Promise.resolve().then(() => {
      this.#writablePromised = false;
      if (this.#line !== undefined && this.#unsent.room > 0) this.#onWritable?.call(this, this.#unsent.room);
    });
  }
}

function checkFormat(format: unknown, where: string): void {
  if (format !== "number" && format !== "buffer") {
    throw new RangeError(`${where}: expected format "number" or "buffer", found ${String(format)}`);
  }
}
