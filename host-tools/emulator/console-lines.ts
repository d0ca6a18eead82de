/** Cuts a console's bytes into lines and lets callers wait for one of them. */
import { StringDecoder } from "node:string_decoder";
import { EmulatorError } from "./emulator-error.ts";

/** Characters of one line at most; longer lines are cut, so that a wild guest cannot fill the host's memory. */
export const MAXIMUM_LINE_LENGTH = 16_384;
/** Lines remembered; the oldest go first. */
export const MAXIMUM_LINES = 100_000;

type LineListener = (line: string) => void;

/** The lines of one console, from its first byte to its end. */
export class ConsoleLines {
  readonly #decoder = new StringDecoder("utf8");
  readonly #listeners = new Set<LineListener>();
  readonly #byteListeners = new Set<(bytes: Uint8Array) => void>();
  readonly #endListeners = new Set<() => void>();
  #lines: string[] = [];
  /** Index of the first line that no wait has taken. */
  #next = 0;
  #partial = "";
  #endReason: string | undefined;

  /** Lines so far, without their ends; an unfinished last line is left out until the console ends. */
  get all(): readonly string[] {
    return this.#lines;
  }

  /** Takes bytes as they come from the board. */
  push(bytes: Uint8Array): void {
    for (const listener of this.#byteListeners) listener(bytes);
    this.#partial += this.#decoder.write(Buffer.from(bytes));
    const parts = this.#partial.split("\n");
    this.#partial = parts.pop() ?? "";
    for (const part of parts) this.#add(part);
    if (this.#partial.length > MAXIMUM_LINE_LENGTH) {
      this.#add(this.#partial);
      this.#partial = "";
    }
  }

  /** Says that nothing more will come, and why. */
  end(reason: string): void {
    if (this.#endReason !== undefined) return;
    const rest = this.#partial + this.#decoder.end();
    this.#partial = "";
    if (rest !== "") this.#add(rest);
    this.#endReason = reason;
    for (const listener of [...this.#endListeners]) listener();
  }

  /** Calls `listener` with each later line; returns a function that stops that. */
  onLine(listener: LineListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` with all later bytes as they come; returns a function that stops that. */
  onBytes(listener: (bytes: Uint8Array) => void): () => void {
    this.#byteListeners.add(listener);
    return () => this.#byteListeners.delete(listener);
  }

  /**
   * What `match` gives for the first line, after the last one that an earlier wait took, for which it gives anything.
   * Lines that came before the call count too.
   *
   * @throws EmulatorError console-timeout, emulator-exited; whatever `match` throws
   */
  waitFor<T extends NonNullable<unknown>>(match: (line: string) => T | undefined, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        stop();
        this.#endListeners.delete(look);
        settle();
      };
      const look = () => {
        try {
          while (this.#next < this.#lines.length) {
            const found = match(this.#lines[this.#next++] ?? "");
            if (found !== undefined) return finish(() => resolve(found));
          }
          if (this.#endReason !== undefined)
            finish(() => reject(this.#failure("emulator-exited", `the emulator ${this.#endReason}`)));
        } catch (error) {
          finish(() => reject(error));
        }
      };
      const stop = this.onLine(look);
      const timer = setTimeout(
        () => finish(() => reject(this.#failure("console-timeout", `nothing in ${timeoutMs} ms`))),
        timeoutMs,
      );
      this.#endListeners.add(look);
      look();
    });
  }

  #add(text: string): void {
    const line = (text.endsWith("\r") ? text.slice(0, -1) : text).slice(0, MAXIMUM_LINE_LENGTH);
    this.#lines.push(line);
    if (this.#lines.length > MAXIMUM_LINES) {
      this.#lines.shift();
      this.#next = Math.max(0, this.#next - 1);
    }
    for (const listener of [...this.#listeners]) listener(line);
  }

  #failure(code: "console-timeout" | "emulator-exited", found: string): EmulatorError {
    const last = this.#lines
      .slice(-3)
      .map((line) => JSON.stringify(line))
      .join(", ");
    return new EmulatorError(
      code,
      `expected a line on the console, found ${found}; last lines: ${last === "" ? "none" : last}`,
    );
  }
}
