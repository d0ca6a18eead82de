/** The command side of a bank of two Intel-style NOR chips: commands, status polling, recovery (Intel StrataFlash 28FxxxJ3 datasheet). */

import type { Registers } from "../../interfaces/registers.ts";
import type { MonotonicClock } from "../../interfaces/timer.ts";
import { hex } from "../check-options.ts";
import { DriverError } from "../driver-error.ts";
import { hasQuerySignature } from "./cfi-query.ts";

/** Commands, given to both chips at once (28FxxxJ3 table 13, "Command Bus-Cycle Definitions"). */
export const COMMAND = Object.freeze({
  READ_ARRAY: 0x00ff_00ff,
  READ_STATUS: 0x0070_0070,
  CLEAR_STATUS: 0x0050_0050,
  QUERY: 0x0098_0098,
  ERASE: 0x0020_0020,
  PROGRAM_WORD: 0x0040_0040,
  PROGRAM_BUFFER: 0x00e8_00e8,
  CONFIRM: 0x00d0_00d0,
});

/** Status register bits of both chips (28FxxxJ3 table 17). */
const READY = 0x0080_0080;
const ERASE_ERROR = 0x0020_0020;
const PROGRAM_ERROR = 0x0010_0010;
const VOLTAGE_ERROR = 0x0008_0008;
const LOCKED_ERROR = 0x0002_0002;
const ANY_ERROR = ERASE_ERROR | PROGRAM_ERROR | VOLTAGE_ERROR | LOCKED_ERROR;

/**
 * Read array to a chip that expects a command, and all ones to one that expects data. After a reset we do not know which: 00ff00ff
 * would program zeros into a word that the interrupted code had just announced, ffffffff programs nothing. Never a confirmation.
 */
const HARMLESS = 0xffff_ffff;
/**
 * Writes that end any buffered program: the words that HARMLESS, taken as the count by a chip that does not check it, announces, the
 * count and the confirmation. Chips that check it end much sooner.
 */
const LONGEST_SEQUENCE = 65_536 + 2;
const SEQUENCE_STEP = 1024 + 2;
/** Where the query table starts, for messages. */
const QUERY_POSITION = 0x40;
const WORD = 4;
/** Places that are looked at to tell the array from the status: one in each part of the window. */
const PROBES = 8;
/** Longest erase that a reset may have left running, by the datasheet with a margin. */
const RECOVERY_LIMIT = 10_000;

/** The command interface of one bank. Knows whether the bank is in read-array mode. */
export class CommandPort {
  readonly #registers: Registers;
  readonly #unseenQuerySize: number | undefined;
  readonly #clock: MonotonicClock;
  #inCommand = true;
  /** The chip did not finish in time, so it ignores commands and shows status until it does. */
  #stuck = false;

  /** `unseenQuerySize` is the window's length in bytes when it does not begin where the chips show their query table. */
  constructor(registers: Registers, clock: MonotonicClock, unseenQuerySize?: number) {
    this.#registers = registers;
    this.#clock = clock;
    this.#unseenQuerySize = unseenQuerySize;
  }

  get inCommand(): boolean {
    return this.#inCommand;
  }

  /** Gives a command or a word of data at `position`, which also selects the block. */
  write(position: number, word: number): void {
    this.#inCommand = true;
    this.#registers.write32(position, word);
  }

  readArray(): void {
    this.#registers.write32(0, COMMAND.READ_ARRAY);
    this.#inCommand = this.#stuck;
  }

  /** Before any use of the array: after a time-out the chip gets another chance to finish. */
  settle(): void {
    if (!this.#inCommand) return;
    this.recover();
    this.clearStatus();
    this.readArray();
  }

  /**
   * Brings the bank from any state into one in which it takes commands, query mode where the table can be seen. A reset can leave it
   * busy, in the middle of a program sequence that takes every write as data, or showing status; the array must not change further
   * in any of these. Status alone proves nothing: it may be data of the array, or 0 on an emulated chip whose status was cleared.
   */
  recover(): void {
    const start = this.#clock.count();
    let written = 0;
    this.write(0, HARMLESS);
    for (;;) {
      const late = this.#elapsed(start) > RECOVERY_LIMIT;
      if (this.#takesCommands()) break;
      this.write(0, COMMAND.READ_STATUS);
      const busy = (this.#registers.read32(0) & READY) !== READY;
      if (busy && late) throw this.#timeout("recovery", 0, RECOVERY_LIMIT);
      if (busy) continue;
      if (written > LONGEST_SEQUENCE) {
        if (this.#unseenQuerySize === undefined) throw this.#noQuery();
        break; // no sequence lasts longer
      }
      for (let count = 0; count < SEQUENCE_STEP; count += 1) this.#registers.write32(0, HARMLESS);
      written += SEQUENCE_STEP;
    }
    this.#stuck = false;
  }

  #takesCommands(): boolean {
    const size = this.#unseenQuerySize;
    if (size === undefined) {
      this.write(0, COMMAND.QUERY);
      return hasQuerySignature(this.#registers);
    }
    // A bank that takes data, or is busy, shows the same status at every address. Looked at twice: it may just have become ready.
    for (let probe = 0; probe < PROBES; probe += 1) {
      const position = probe * ((size / PROBES) & ~(WORD - 1));
      const status = this.#readAfter(COMMAND.READ_STATUS, position);
      const word = this.#readAfter(COMMAND.READ_ARRAY, position);
      if (word === status) continue;
      if (this.#readAfter(COMMAND.READ_STATUS, position) !== status) return false;
      if (this.#readAfter(COMMAND.READ_ARRAY, position) === word) return true;
    }
    return false;
  }

  #readAfter(command: number, position: number): number {
    this.write(0, command);
    return this.#registers.read32(position);
  }

  /** Leaves query mode first: some chips take the command only in read-array mode. */
  clearStatus(): void {
    this.write(0, COMMAND.READ_ARRAY);
    this.write(0, COMMAND.CLEAR_STATUS);
  }

  /** Asks for a write buffer until there is one. */
  openBuffer(position: number, limit: number): void {
    const start = this.#clock.count();
    for (;;) {
      this.write(position, COMMAND.PROGRAM_BUFFER);
      const late = this.#elapsed(start) > limit;
      if ((this.#registers.read32(position) & READY) === READY) return;
      if (late) throw this.#timeout("a write buffer", position, limit);
    }
  }

  /** Polls the status until both chips are ready, at most `limit` milliseconds; returns the status. */
  awaitReady(position: number, limit: number, what: string): number {
    const start = this.#clock.count();
    for (;;) {
      // The clock is read before the status: a processor that was held up between the two must not report a time-out.
      const late = this.#elapsed(start) > limit;
      const status = this.#registers.read32(position) >>> 0;
      if ((status & READY) === READY) return status;
      if (late) throw this.#timeout(what, position, limit);
    }
  }

  /** Waits for the end of an operation and throws what its status bits say, having cleared them. */
  complete(position: number, limit: number, what: string): void {
    const status = this.awaitReady(position, limit, what);
    if ((status & ANY_ERROR) === 0) return;
    this.clearStatus();
    const found = `CfiFlash: expected ${what} at ${hex(position)} to succeed, found status ${hex(status)}`;
    if (status & VOLTAGE_ERROR) throw new DriverError("voltage", found);
    if (status & LOCKED_ERROR) throw new DriverError("locked", found);
    if ((status & 0x30) === 0x30 || (status & 0x30_0000) === 0x30_0000) {
      throw new DriverError("device", `${found} (command sequence)`);
    }
    throw new DriverError(status & ERASE_ERROR ? "erase-failed" : "program-failed", found);
  }

  #elapsed(start: number): number {
    return ((this.#clock.count() - start) * 1000) / this.#clock.frequency;
  }

  #noQuery(): DriverError {
    const found = hex(this.#registers.read32(QUERY_POSITION));
    return new DriverError(
      "device",
      `CfiFlash: expected "QRY" of a CFI flash at ${hex(QUERY_POSITION)}, found ${found}`,
    );
  }

  #timeout(what: string, position: number, limit: number): DriverError {
    this.#stuck = true;
    const status = hex(this.#registers.read32(position));
    return new DriverError(
      "timeout",
      `CfiFlash: expected ${what} at ${hex(position)} in ${limit} ms, found status ${status}`,
    );
  }
}
