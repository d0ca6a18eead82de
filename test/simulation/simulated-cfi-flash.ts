/** A bank of two Intel-style NOR chips that enforces what real NOR requires and QEMU's model does not. */

import { HardwareViolation, SimulatedRegisters } from "./simulated-registers.ts";

const ERASED = 0xffff_ffff;
const READY = 0x0080_0080;

/** What the chips expect next. */
type Mode = "array" | "status" | "query" | "erase" | "word" | "refused" | "count" | "data" | "confirm";

/** Geometry as exponents of one chip, as CFI states them. */
export interface SimulatedFlashOptions {
  readonly chipExponent?: number;
  readonly blockLength?: number;
  /** 2^n bytes of write buffer in a chip; 0 for none. */
  readonly bufferExponent?: number;
}

/** The contents survive `resetProcessor()` together with the command state, as they do when only the processor restarts. */
export class SimulatedCfiFlash extends SimulatedRegisters {
  readonly words: Uint32Array;
  readonly blockLength: number;
  /** Status reads that answer "busy" after each operation. */
  busyReads = 3;
  /** Requests for a write buffer that are refused first. */
  refusedBuffers = 1;
  /** Error bits of the next operation, both halves, which then changes nothing. */
  nextError = 0;
  /** When true the next program operation loses its last word: what read-back must find. */
  loseLastWord = false;
  /** When true the next erase leaves a bit of the block's last word. */
  weakErase = false;
  /**
   * When true the chips have the emulator's deviations: the count of a buffered write is not checked, a wrong confirmation leads back to
   * the array, and clearing the status clears even READY and works in read-array mode only.
   */
  lenient = false;
  /** Entries of the query table that differ. */
  readonly queryOverrides = new Map<number, number>();
  present = true;
  readonly counts = { erases: 0, wordPrograms: 0, bufferPrograms: 0, refusedBuffers: 0, busyReads: 0 };
  readonly #programmed = new Set<number>();
  readonly #chipExponent: number;
  readonly #bufferExponent: number;
  #mode: Mode = "array";
  #status = READY;
  #position = 0;
  #expected = 0;
  #buffer: { position: number; word: number }[] = [];
  #busy = 0;
  #refused = 0;
  #operation: (() => void) | undefined;

  constructor({ chipExponent = 19, blockLength = 0x4_0000, bufferExponent = 11 }: SimulatedFlashOptions = {}) {
    super(2 ** chipExponent * 2);
    this.#chipExponent = chipExponent;
    this.#bufferExponent = bufferExponent;
    this.blockLength = blockLength;
    this.words = new Uint32Array(this.byteLength / 4).fill(ERASED);
  }

  get bufferLength(): number {
    return this.#bufferExponent === 0 ? 0 : 2 ** this.#bufferExponent * 2;
  }

  /** A copy of the array. */
  contents(): Uint8Array {
    return new Uint8Array(this.words.slice().buffer);
  }

  get mode(): Mode | "busy" {
    return this.#operation === undefined ? this.#mode : "busy";
  }

  /** An instruction fetch by the processor or a read by another bus master: fatal unless the bank shows its array. */
  fetch(position: number): number {
    if (this.mode !== "array") throw new HardwareViolation(`flash: fetch at ${position} in mode ${this.mode}`);
    return this.words[position >> 2] as number;
  }

  /** Cuts the power: a running erase leaves noise, a running program a prefix; then the chips start in array mode. */
  cutPower(): void {
    if (this.#operation !== undefined && this.#mode === "status" && this.#buffer.length === 0) {
      const first = this.#position - (this.#position % this.blockLength);
      for (let position = first; position < first + this.blockLength / 2; position += 4)
        this.words[position >> 2] = 0x5a5a_5a5a;
    } else if (this.#operation !== undefined) {
      this.#buffer.length = Math.floor(this.#buffer.length / 2);
      this.#operation();
    }
    this.#operation = undefined;
    this.#mode = "array";
    this.#status = READY;
  }

  protected load(offset: number, width: number): number {
    const word = this.present ? this.#word(offset & ~3) : 0;
    return width === 4 ? word : (word >>> ((offset & 3) * 8)) & (2 ** (8 * width) - 1);
  }

  protected store(offset: number, width: number, value: number): void {
    if (width !== 4) throw new HardwareViolation(`flash: ${width}-byte write reaches one chip only`);
    if (!this.present) return;
    if (this.#operation !== undefined) return; // a busy chip ignores all but suspend
    const data = this.#mode === "word" || this.#mode === "data" || this.#mode === "count";
    if (!data && (value & 0xff) !== ((value >>> 16) & 0xff)) {
      throw new HardwareViolation(`flash: the chips got different commands, ${value.toString(16)}`);
    }
    switch (this.#mode) {
      case "erase":
        if ((value & 0xff) === 0xd0) this.#start(() => this.#erase());
        else this.#sequenceError();
        break;
      case "word":
        this.counts.wordPrograms += 1;
        this.#buffer = [{ position: offset, word: value }];
        this.#start(() => this.#program());
        break;
      case "count":
        this.#expected = (value & 0xffff) + 1;
        if (this.lenient) this.#mode = "data";
        else if ((value & 0xffff) !== value >>> 16 || this.#expected * 4 > this.bufferLength) this.#sequenceError();
        else this.#mode = "data";
        break;
      case "data":
        this.#buffer.push({ position: offset, word: value });
        if (this.#buffer.length === this.#expected) this.#mode = "confirm";
        break;
      case "confirm":
        if ((value & 0xff) === 0xd0) this.#confirm();
        else this.#sequenceError();
        break;
      default:
        this.#command(offset, value & 0xff);
    }
  }

  #word(offset: number): number {
    if (this.#operation !== undefined) {
      this.counts.busyReads += 1;
      if (this.#busy > 0) {
        this.#busy -= 1;
        return 0;
      }
      const operation = this.#operation;
      this.#operation = undefined;
      operation();
      return this.#status;
    }
    if (this.#mode === "array") return this.words[offset >> 2] as number;
    if (this.#mode === "query") {
      const value = this.#query(offset >> 2);
      return (value | (value << 16)) >>> 0;
    }
    if (this.#mode === "refused") return 0;
    return this.#status;
  }

  #command(offset: number, command: number): void {
    this.#position = offset;
    switch (command) {
      case 0xff:
        this.#mode = "array";
        break;
      case 0x70:
        this.#mode = "status";
        break;
      case 0x50:
        if (!this.lenient) this.#status = READY;
        else if (this.#mode === "array") this.#status = 0;
        break;
      case 0x98:
        this.#mode = "query";
        break;
      case 0x20:
        this.#mode = "erase";
        break;
      case 0x40:
        this.#mode = "word";
        break;
      case 0xe8:
        this.#requestBuffer();
        break;
      default:
        throw new HardwareViolation(`flash: unknown command ${command.toString(16)}`);
    }
  }

  #requestBuffer(): void {
    if (this.lenient) this.#status = (this.#status | READY) >>> 0;
    if (this.bufferLength === 0) throw new HardwareViolation("flash: buffered write without a buffer");
    this.#buffer = [];
    if (this.#refused < this.refusedBuffers) {
      this.#refused += 1;
      this.counts.refusedBuffers += 1;
      this.#mode = "refused";
      return;
    }
    this.#refused = 0;
    this.#mode = "count";
  }

  #confirm(): void {
    this.counts.bufferPrograms += 1;
    const first = (this.#buffer[0] as { position: number }).position;
    const start = first - (first % this.bufferLength);
    for (const [index, { position }] of this.#buffer.entries()) {
      if (position !== first + index * 4) throw new HardwareViolation(`flash: buffer word ${index} at ${position}`);
      if (position >= start + this.bufferLength)
        throw new HardwareViolation(`flash: buffered write crosses ${position}`);
    }
    this.#start(() => this.#program());
  }

  #start(operation: () => void): void {
    this.#mode = "status";
    if (this.lenient && (this.#status & ~READY) === 0) this.#status = READY;
    if (this.#status !== READY) throw new HardwareViolation("flash: operation started with error bits set");
    this.#busy = this.busyReads;
    this.#operation = () => {
      if (this.nextError !== 0) {
        this.#status = (READY | this.nextError) >>> 0;
        this.nextError = 0;
      } else operation();
      this.#buffer = [];
    };
    if (this.#buffer.length === 0) this.counts.erases += 1;
  }

  #erase(): void {
    const first = (this.#position - (this.#position % this.blockLength)) / 4;
    this.words.fill(ERASED, first, first + this.blockLength / 4);
    if (this.weakErase) this.words[first + this.blockLength / 4 - 1] = 0xffff_fffe;
    this.weakErase = false;
    for (let unit = first; unit < first + this.blockLength / 4; unit += 1) this.#programmed.delete(unit);
  }

  #program(): void {
    if (this.loseLastWord) this.#buffer.pop();
    this.loseLastWord = false;
    for (const { position, word } of this.#buffer) {
      if (word === ERASED) continue; // programs nothing
      const unit = position >> 2;
      const old = this.words[unit] as number;
      if ((old & word) >>> 0 !== word) {
        throw new HardwareViolation(`flash: ${old.toString(16)} at ${position} cannot become ${word.toString(16)}`);
      }
      if (this.#programmed.has(unit)) throw new HardwareViolation(`flash: unit at ${position} programmed twice`);
      this.#programmed.add(unit);
      this.words[unit] = word;
    }
  }

  /** Command sequence error: both error bits, back to status. */
  #sequenceError(): void {
    this.#status = 0x00b0_00b0;
    this.#mode = this.lenient ? "array" : "status";
    this.#buffer = [];
  }

  #query(index: number): number {
    const override = this.queryOverrides.get(index);
    if (override !== undefined) return override;
    const blocks = this.byteLength / this.blockLength - 1;
    const table: Record<number, number> = {
      16: 0x51,
      17: 0x52,
      18: 0x59,
      19: 1,
      20: 0,
      31: 7,
      32: 7,
      33: 10,
      35: 4,
      36: 4,
      37: 4,
      39: this.#chipExponent,
      42: this.#bufferExponent,
      43: 0,
      44: 1,
      45: blocks & 0xff,
      46: blocks >> 8,
      47: (this.blockLength / 512) & 0xff,
      48: (this.blockLength / 512) >> 8,
    };
    return table[index] ?? 0;
  }
}
