/** Starts a program that cannot outlive its time, its caller, or this process, even when this process is killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { EmulatorError } from "./emulator-error.ts";

/** How a guarded program ended. */
export interface Exit {
  /** `guest`: by itself. `timeout`: its time was over. `closed`: `end` was called. */
  readonly reason: "guest" | "timeout" | "closed";
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  /** What it wrote to standard error, the first 16 KiB. */
  readonly stderr: string;
}

export interface GuardedProcessOptions {
  readonly command: string;
  /** Debian package that has the command, for the message when it is absent. */
  readonly debianPackage: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** True leaves standard input and output on this process's terminal. */
  readonly terminal?: boolean;
}

const STDERR_BYTES = 16_384;
const GRACE_SECONDS = 2;
/** What `timeout` returns when the time was over (coreutils manual, "timeout invocation"). */
const TIMED_OUT = 124;

/**
 * Three guards, all in the kernel's and coreutils' hands: `timeout` ends the program when its time is over and forwards
 * our request to end; `setpriv --pdeathsig` makes the kernel end `timeout` with this process, and the program with
 * `timeout`.
 */
export class GuardedProcess {
  /** Resolves when the program is gone; never rejects. */
  readonly exited: Promise<Exit>;
  /** Process id of the outer guard. */
  readonly pid: number | undefined;
  readonly #child: ChildProcess;
  #ending = false;
  #gone = false;

  /** @throws EmulatorError emulator-missing when a program is not on PATH */
  constructor({ command, debianPackage, args, timeoutMs, terminal = false }: GuardedProcessOptions) {
    requireCommand("setpriv", "util-linux");
    requireCommand("timeout", "coreutils");
    requireCommand(command, debianPackage);
    const guard = [
      "--pdeathsig",
      "TERM",
      "timeout",
      ...(terminal ? ["--foreground"] : []),
      "--kill-after",
      String(GRACE_SECONDS),
    ];
    const seconds = (timeoutMs / 1000).toFixed(3);
    this.#child = spawn("setpriv", [...guard, seconds, "setpriv", "--pdeathsig", "KILL", command, ...args], {
      stdio: [terminal ? "inherit" : "ignore", terminal ? "inherit" : "ignore", "pipe"],
    });
    this.pid = this.#child.pid;
    let stderr = "";
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(0, STDERR_BYTES);
    });
    this.exited = new Promise((resolve) => {
      const finish = (code: number | null) => {
        this.#gone = true;
        const timedOut = !this.#ending && (code === TIMED_OUT || code === null || code === 128 + 9);
        resolve({ reason: this.#ending ? "closed" : timedOut ? "timeout" : "guest", code, stderr });
      };
      this.#child.once("error", (error) => {
        stderr += error.message;
        finish(null);
      });
      this.#child.once("close", finish);
    });
  }

  /** Ends the program: asks, then kills after two seconds. Fine to call twice; resolves when it is gone. */
  async end(): Promise<void> {
    if (!this.#gone && !this.#ending) {
      this.#ending = true;
      this.#child.kill("SIGTERM");
      // The guard kills a program that ignores the request. A guard that was asked while it started may be gone before its
      // program, or hang: then the kernel ends both.
      const last = setTimeout(() => this.#killGroup(), (GRACE_SECONDS + 1) * 1000);
      await this.exited;
      clearTimeout(last);
    }
    await this.exited;
  }

  /** Kills the program where it stands, as a power cut does; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.#gone) {
      this.#ending = true;
      this.#killGroup();
    }
    await this.exited;
  }

  /** `timeout` leads a group with its program unless it stays in the terminal's. */
  #killGroup(): void {
    this.#child.kill("SIGKILL");
    try {
      if (this.pid !== undefined) process.kill(-this.pid, "SIGKILL");
    } catch {
      // No such group: nobody is left.
    }
  }
}

function requireCommand(command: string, debianPackage: string): void {
  const found = (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found)
    throw new EmulatorError(
      "emulator-missing",
      `expected the program ${command} on PATH, found none (apt install ${debianPackage})`,
    );
}
