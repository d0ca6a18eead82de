/** Device models of the emulator, reached from Node without guest code through QEMU's qtest protocol. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DmaMemory, Registers } from "../../hal/interfaces/registers.ts";
import { SimulatedRegisters } from "../simulation/simulated-registers.ts";

/** Longest life of an emulator in seconds, also when its test process was killed. */
const LIFE_LIMIT = "120";
/** Longest wait for one answer in milliseconds. */
const ANSWER_LIMIT = 10_000;

/**
 * A machine driven from outside. Its processor runs too, since some devices only answer in a running machine: the flash image that
 * it starts from must make it idle.
 */
export class QtestMachine {
  readonly folder: string;
  readonly #process: ChildProcess;
  readonly #input: number;
  readonly #output: number;
  #buffer = "";

  /** `arguments_` may name the files of `files`, which are created in the machine's folder, its working directory. */
  constructor(emulator: string, arguments_: readonly string[], files: Readonly<Record<string, Uint8Array>> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), "holdfast-qtest-"));
    for (const [name, contents] of Object.entries(files)) writeFileSync(join(this.folder, name), contents);
    const pipe = join(this.folder, "qtest");
    execFileSync("mkfifo", [`${pipe}.in`, `${pipe}.out`]);
    // Both ends are opened for reading and writing: that never blocks, whoever comes first.
    this.#input = openSync(`${pipe}.in`, constants.O_RDWR);
    this.#output = openSync(`${pipe}.out`, constants.O_RDWR | constants.O_NONBLOCK);
    const common = ["-display", "none", "-nodefaults", "-qtest", `pipe:${pipe}`, "-qtest-log", "none"];
    this.#process = spawn("timeout", [LIFE_LIMIT, emulator, ...common, ...arguments_], {
      cwd: this.folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }

  /** Sends one command and returns the words of its answer after "OK". */
  command(text: string): string[] {
    writeSync(this.#input, `${text}\n`);
    for (;;) {
      const line = this.#readLine(text);
      const words = line.split(" ");
      if (words[0] === "OK") return words.slice(1);
      if (words[0] !== "IRQ") throw new Error(`qtest: expected OK for "${text}", found "${line}"`);
    }
  }

  registers(base: number, byteLength: number): Registers {
    return new QtestRegisters(this, base, byteLength);
  }

  memory(address: number, byteLength: number): DmaMemory {
    return new QtestMemory(this, address, byteLength);
  }

  close(): void {
    this.#process.kill("SIGTERM");
    closeSync(this.#input);
    closeSync(this.#output);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #readLine(text: string): string {
    const deadline = Date.now() + ANSWER_LIMIT;
    const chunk = new Uint8Array(4096);
    for (;;) {
      const end = this.#buffer.indexOf("\n");
      if (end >= 0) {
        const line = this.#buffer.slice(0, end).trim();
        this.#buffer = this.#buffer.slice(end + 1);
        return line;
      }
      try {
        this.#buffer += new TextDecoder().decode(chunk.subarray(0, readSync(this.#output, chunk)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        if (Date.now() > deadline)
          throw new Error(`qtest: expected an answer to "${text}", found none in ${ANSWER_LIMIT} ms`);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.05);
      }
    }
  }
}

const SUFFIX: Readonly<Record<number, string>> = { 1: "b", 2: "w", 4: "l" };

class QtestRegisters extends SimulatedRegisters {
  readonly #machine: QtestMachine;
  readonly #base: number;

  constructor(machine: QtestMachine, base: number, byteLength: number) {
    super(byteLength);
    this.#machine = machine;
    this.#base = base;
  }

  protected load(offset: number, width: number): number {
    return Number(this.#machine.command(`read${SUFFIX[width]} ${this.#base + offset}`)[0]);
  }

  protected store(offset: number, width: number, value: number): void {
    this.#machine.command(`write${SUFFIX[width]} ${this.#base + offset} ${value}`);
  }
}

class QtestMemory extends QtestRegisters implements DmaMemory {
  readonly address: number;

  constructor(machine: QtestMachine, address: number, byteLength: number) {
    super(machine, address, byteLength);
    this.address = address;
  }
}

/** Time of the host, for time-outs. */
export class HostClock {
  readonly frequency = 1000;

  count(): number {
    return Date.now();
  }
}
