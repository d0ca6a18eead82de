/** Runs a board in its emulator, with the console on a socket, and makes sure that the emulator always ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Board } from "../build/board.ts";
import { ConsoleLines } from "./console-lines.ts";
import { EmulatorError } from "./emulator-error.ts";
import type { FlashFiles } from "./flash-image.ts";
import { type Exit, GuardedProcess } from "./guarded-process.ts";

export type { Exit } from "./guarded-process.ts";

export interface EmulatorOptions {
  readonly board: Board;
  /** Flash files that the guest may write to; use `copyFlashFiles` to keep the originals. */
  readonly flash: FlashFiles;
  /** Time follows the instruction count: equal runs print equal bytes. Not for tests with a network peer. */
  readonly icount?: boolean;
  /** Milliseconds after which the emulator is ended whatever it does. */
  readonly timeoutMs: number;
  /** `socket` (default) gives the console to this process; `inherit` leaves it on this process's terminal. */
  readonly console?: "socket" | "inherit";
  /** Gives the board a random source. Default true. */
  readonly random?: boolean;
  readonly extraArgs?: readonly string[];
}

const CONNECT_MILLISECONDS = 10_000;

/** One run of one board. Ends when the guest powers off, when its time is over, on `close`, or with this process. */
export class Emulator {
  /** Resolves once the emulator process is gone and its console is read to the end; never rejects. */
  readonly exited: Promise<Exit>;
  /** Text of the console, in lines. */
  readonly lines: ConsoleLines;
  readonly #process: GuardedProcess;
  readonly #socket: Socket | undefined;

  private constructor(process: GuardedProcess, socket: Socket | undefined, cleanUp: () => void) {
    this.#process = process;
    this.#socket = socket;
    this.lines = new ConsoleLines();
    const drained = new Promise<void>((resolve) => {
      if (socket === undefined) return resolve();
      socket.on("data", (chunk: Buffer) => this.lines.push(chunk));
      // A reset connection is how a killed emulator looks from here; `exited` tells the rest.
      socket.on("error", () => {});
      socket.on("close", () => resolve());
    });
    this.exited = Promise.all([process.exited, drained]).then(([exit]) => {
      this.lines.end(describeExit(exit));
      cleanUp();
      return exit;
    });
  }

  /**
   * Starts a board; resolves once its console is connected, before the guest has printed anything.
   *
   * @throws EmulatorError emulator-missing, emulator-failed with the emulator's own message
   */
  static async start(options: EmulatorOptions): Promise<Emulator> {
    const { board, timeoutMs, console: kind = "socket" } = options;
    const folder = kind === "socket" ? mkdtempSync(join(tmpdir(), "holdfast-")) : undefined;
    const socketPath = folder === undefined ? undefined : join(folder, "console");
    const listener = socketPath === undefined ? undefined : await ConsoleListener.open(socketPath);
    const cleanUp = () => {
      process.off("exit", cleanUp);
      listener?.close();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    };
    process.on("exit", cleanUp);
    let guarded: GuardedProcess | undefined;
    try {
      const { command, debianPackage } = board.emulator;
      guarded = new GuardedProcess({
        command,
        debianPackage,
        args: emulatorArgs(options, socketPath),
        timeoutMs,
        terminal: kind === "inherit",
      });
      const socket = await Promise.race([listener?.connected, guarded.exited.then(neverStarted(command))]);
      return new Emulator(guarded, socket, cleanUp);
    } catch (error) {
      await guarded?.end();
      cleanUp();
      throw error;
    }
  }

  /** Sends bytes or text to the board's console input. */
  write(data: string | Uint8Array): void {
    if (this.#socket?.writable) this.#socket.write(data);
  }

  /**
   * The first line, after the last one that an earlier wait took, for which `predicate` is true.
   *
   * @throws EmulatorError console-timeout after `timeoutMs`, emulator-exited when the emulator ends first
   */
  waitForLine(predicate: (line: string) => boolean, timeoutMs: number): Promise<string> {
    return this.lines.waitFor((line) => (predicate(line) ? line : undefined), timeoutMs);
  }

  /** Ends the emulator in the middle of whatever it does: what reached its flash files stays, nothing else. */
  async cutPower(): Promise<Exit> {
    await this.#process.kill();
    return this.exited;
  }

  /** Ends the emulator; fine to call twice. Resolves when the process is gone. */
  async close(): Promise<Exit> {
    await this.#process.end();
    return this.exited;
  }
}

/** The emulator's arguments for a board; `consolePath` is a unix socket that listens already. */
export function emulatorArgs(options: Omit<EmulatorOptions, "timeoutMs">, consolePath: string | undefined): string[] {
  const { emulator, name } = options.board;
  const flash = emulator.flashArgs.map((argument) =>
    argument.replace(/\{([^}]*)\}/g, (_, bank: string) => {
      const path = options.flash[bank];
      if (path === undefined)
        throw new EmulatorError("flash-mismatch", `expected a flash file for ${bank} of ${name}, found none`);
      return quoteComma(path);
    }),
  );
  const serial =
    consolePath === undefined
      ? ["-serial", "stdio"]
      : ["-chardev", `socket,id=console,path=${quoteComma(consolePath)}`, "-serial", "chardev:console"];
  return [
    ...emulator.machineArgs,
    ...flash,
    ...serial,
    ...(options.random === false ? [] : emulator.randomArgs),
    ...(options.icount === true ? emulator.countArgs : []),
    ...(options.extraArgs ?? []),
  ];
}

/** In QEMU's option lists a comma inside a value is written twice. */
function quoteComma(path: string): string {
  return path.replaceAll(",", ",,");
}

function neverStarted(command: string): (exit: Exit) => never {
  return (exit) => {
    throw new EmulatorError("emulator-failed", `expected ${command} to start, found that it ${describeExit(exit)}`);
  };
}

/** Says how an emulator ended, for people: `ended with code 1: <its last words>`. */
export function describeExit(exit: Exit): string {
  const words = exit.stderr.trim() === "" ? "" : `: ${exit.stderr.trim()}`;
  if (exit.reason === "timeout") return "ran out of time";
  if (exit.reason === "closed") return "was closed";
  return `ended with code ${exit.code}${words}`;
}

/** Waits for the emulator to connect, so that not one byte of the console is lost. */
class ConsoleListener {
  readonly connected: Promise<Socket>;
  readonly #server: Server;
  #timer: NodeJS.Timeout | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.connected = new Promise((resolve, reject) => {
      server.once("connection", resolve);
      const late = new EmulatorError(
        "emulator-failed",
        `expected the console within ${CONNECT_MILLISECONDS} ms, found nothing`,
      );
      this.#timer = setTimeout(() => reject(late), CONNECT_MILLISECONDS);
    });
    // A late rejection after `close` has nobody who waits for it.
    this.connected.then(
      () => this.#stop(),
      () => this.#stop(),
    );
  }

  static open(path: string): Promise<ConsoleListener> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen(path, () => resolve(new ConsoleListener(server)));
    });
  }

  close(): void {
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#server.close();
  }
}
