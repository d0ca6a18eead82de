/**
 * Runs a board unchanged, stops it at addresses and counts its instructions: the emulator's debugger stub gives the stops, its
 * control connection the count. The program on the board does not know, and what it executes stays the same to the instruction.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Board } from "../build/board.ts";
import { Emulator } from "../emulator/emulator.ts";
import { copyFlashFiles, type FlashFiles } from "../emulator/flash-image.ts";
import { GdbConnection } from "./gdb-connection.ts";
import { QmpConnection } from "./qmp-connection.ts";
import { acceptOne } from "./reply-queue.ts";

/** A span between the entry of a function and its return. */
export interface CallSpan {
  readonly name: string;
  readonly entered: number;
  /** Instructions from the first of the function to the first after its return. */
  readonly instructions: number;
  /** First argument at entry, as a 32-bit number. */
  readonly argument: number;
}

/** Registers in GDB's order (arm-core.xml, riscv-32bit-cpu.xml). */
const REGISTERS = {
  "armv7-a": { argument: 0, stackPointer: 13, link: 14, programCounter: 15 },
  rv32imac: { argument: 10, stackPointer: 2, link: 1, programCounter: 32 },
} as const;

const CONNECT_MILLISECONDS = 10_000;
/**
 * Not the board's own counting arguments: with `sleep=off` QEMU 7.2 takes a processor that a breakpoint stopped for one that sleeps,
 * moves time on to its own next timer, and again, and never gets to tell the debugger. With `sleep=on` instruction counts are as exact;
 * only what the guest reads of time while it sleeps differs between runs.
 */
const COUNT_ARGS = ["-seed", "1", "-icount", "shift=0,sleep=on", "-rtc", "base=2026-01-01T00:00:00,clock=vm"];

export class Probe {
  readonly emulator: Emulator;
  readonly #gdb: GdbConnection;
  readonly #qmp: QmpConnection;
  readonly #registers: (typeof REGISTERS)[keyof typeof REGISTERS];
  readonly #cleanUp: () => void;

  private constructor(emulator: Emulator, gdb: GdbConnection, qmp: QmpConnection, board: Board, cleanUp: () => void) {
    this.emulator = emulator;
    this.#gdb = gdb;
    this.#qmp = qmp;
    this.#registers = REGISTERS[board.cpu.arch];
    this.#cleanUp = cleanUp;
  }

  /**
   * Starts a board that stands still at reset. It runs on copies of the flash files.
   *
   * @throws EmulatorError when the emulator does not start, BenchError probe-lost when it does not connect
   */
  static async start(board: Board, flash: FlashFiles, timeoutMs: number): Promise<Probe> {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-probe-"));
    const cleanUp = () => rmSync(folder, { recursive: true, force: true });
    let emulator: Emulator | undefined;
    try {
      const gdb = await acceptOne(join(folder, "gdb"), CONNECT_MILLISECONDS);
      const qmp = await acceptOne(join(folder, "qmp"), CONNECT_MILLISECONDS);
      const copies = copyFlashFiles(board, flash, folder);
      const extraArgs = [
        ...COUNT_ARGS,
        "-S",
        ...["-gdb", `unix:${join(folder, "gdb")}`],
        ...["-chardev", `socket,id=control,path=${join(folder, "qmp")}`, "-mon", "chardev=control,mode=control"],
      ];
      emulator = await Emulator.start({ board, flash: copies, icount: false, timeoutMs, extraArgs });
      const control = new QmpConnection(await qmp.socket);
      const debug = new GdbConnection(await gdb.socket);
      await control.open();
      await debug.open();
      return new Probe(emulator, debug, control, board, cleanUp);
    } catch (error) {
      await emulator?.close();
      cleanUp();
      throw error;
    }
  }

  /** Instructions since reset. */
  instructions(): Promise<number> {
    return this.#qmp.instructions();
  }

  /** Runs until the instruction at `address` is next, though not when it is already; gives the instructions since reset. */
  async runTo(address: number): Promise<number> {
    const at = codeAddress(address);
    await this.#gdb.setBreakpoint(at);
    await this.#gdb.continue();
    await this.#gdb.clearBreakpoint(at);
    return this.instructions();
  }

  /**
   * Runs until `end` is next, and measures the calls of functions on the way. A function that calls itself is measured as a whole.
   *
   * @param functions addresses by name
   * @param entered is told the name of a function whose first instruction is next
   * @returns the calls that returned, in order of their return
   */
  async trace(
    functions: Readonly<Record<string, number>>,
    end: number,
    entered: (name: string) => Promise<void> = async () => {},
  ): Promise<readonly CallSpan[]> {
    const names = new Map(Object.entries(functions).map(([name, address]) => [codeAddress(address), name]));
    const running = new Map<number, Omit<CallSpan, "instructions"> & { entry: number }>();
    const spans: CallSpan[] = [];
    const last = codeAddress(end);
    for (const address of [...names.keys(), last]) await this.#gdb.setBreakpoint(address);
    for (;;) {
      await this.#gdb.continue();
      const at = await this.#gdb.register(this.#registers.programCounter);
      const now = await this.instructions();
      // No breakpoint may stay where the board stands, or it would not get away.
      await this.#gdb.clearBreakpoint(at);
      const call = running.get(at);
      if (call !== undefined) {
        running.delete(at);
        spans.push({ ...call, instructions: now - call.entered });
        await this.#gdb.setBreakpoint(call.entry);
      } else if (at === last) break;
      else {
        const name = names.get(at) ?? "?";
        const returns = codeAddress(await this.#gdb.register(this.#registers.link));
        running.set(returns, { name, entered: now, entry: at, argument: await this.argument() });
        await this.#gdb.setBreakpoint(returns);
        await entered(name);
      }
    }
    for (const address of new Set([...names.keys(), ...running.keys()]))
      if (address !== last && ![...running.values()].some(({ entry }) => entry === address))
        await this.#gdb.clearBreakpoint(address);
    return spans;
  }

  /** Lets the board run freely until `pause`. */
  resume(): void {
    this.#gdb.resume();
  }

  /** Stops the board wherever it is. Only where it sleeps is that the same place in every run. */
  pause(): Promise<void> {
    return this.#gdb.pause();
  }

  /** First argument of the function at whose first instruction the board stands. */
  argument(): Promise<number> {
    return this.#gdb.register(this.#registers.argument);
  }

  stackPointer(): Promise<number> {
    return this.#gdb.register(this.#registers.stackPointer);
  }

  readMemory(address: number, byteLength: number): Promise<Buffer> {
    return this.#gdb.readMemory(address, byteLength);
  }

  async readWord(address: number): Promise<number> {
    return (await this.readMemory(address, 4)).readUInt32LE(0);
  }

  writeMemory(address: number, bytes: Uint8Array): Promise<void> {
    return this.#gdb.writeMemory(address, bytes);
  }

  /** Ends the emulator; fine to call twice. */
  async close(): Promise<void> {
    await this.emulator.close();
    this.#cleanUp();
  }
}

/** Without the bit that tells Thumb code from ARM code; code of either board begins at even addresses. */
function codeAddress(address: number): number {
  return (address & ~1) >>> 0;
}
