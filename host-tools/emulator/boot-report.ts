/** Follows a board's boot on its console and sums it up: was the image verified, did the app come up, what did it cost. */
import { type ConsoleEvent, ConsoleProtocolError, parseConsoleLine } from "./console-protocol.ts";
import type { EmulatorError } from "./emulator-error.ts";

/** What `holdfast run --json` prints. */
export interface BootSummary {
  readonly board: string;
  /** True when the boot stage said, before any later code ran, that it verified the image. */
  readonly verified: boolean;
  /** Null when nothing was verified; digest and key are SHA-256 in hexadecimal. */
  readonly image: { readonly version: string; readonly digest: string; readonly key: string } | null;
  /** Guest instructions from reset to the end of the verification; null without counted time. */
  readonly verifiedInstructions: number | null;
  /** Guest instructions from reset to the runtime's first line; null without counted time. */
  readonly runtimeStartInstructions: number | null;
  /** Guest instructions from reset to the app's first line; null without counted time, or when it never came. */
  readonly firstLineInstructions: number | null;
  readonly ramUsedBytes: number | null;
  /** Lines of the console up to the end of the boot, and those of the report when the runtime stopped later. */
  readonly bootLog: readonly string[];
  /** Why the boot did not succeed; absent when it did. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** How a boot ended: `up`, `failed` (refused, app failed, fault, ended early) or `timeout`. */
export type BootOutcome = "up" | "failed" | "timeout";

/** Lines that still belong to the report of a failure: frames of a stack, registers of a fault. */
const REPORT_LINE = /^\s+\S/;

/** Takes a board's console lines in order. */
export class BootReport {
  readonly #board: string;
  readonly #counted: boolean;
  readonly #log: string[] = [];
  #verified: (ConsoleEvent & { kind: "boot-verified" }) | undefined;
  #app: (ConsoleEvent & { kind: "app-up" }) | undefined;
  #runtime: (ConsoleEvent & { kind: "runtime-start" }) | undefined;
  #error: { code: string; message: string } | undefined;
  #outcome: BootOutcome | undefined;
  /** True when the next line says in words what the last one gave a code for. */
  #wordsFollow = false;

  /** @param counted true when guest time follows the instruction count, so that instruction numbers mean something */
  constructor(board: string, counted: boolean) {
    this.#board = board;
    this.#counted = counted;
  }

  /** Undefined while the boot goes on. */
  get outcome(): BootOutcome | undefined {
    return this.#outcome;
  }

  /**
   * Takes a line. Behind a failure only the rest of its report still counts; behind the app's first line the console is
   * the app's, and only the end of the runtime counts.
   */
  take(line: string): void {
    if (this.#outcome === "up") this.#takeEnd(line);
    else if (this.#outcome === undefined) this.#takeBoot(line);
    else this.#takeRest(line);
  }

  #takeBoot(line: string): void {
    this.#log.push(line);
    let event: ConsoleEvent | undefined;
    try {
      event = parseConsoleLine(line);
    } catch (error) {
      if (error instanceof ConsoleProtocolError) {
        this.#fail("console-protocol", error.message);
        return;
      }
      throw error;
    }
    if (event !== undefined) this.#follow(event);
  }

  /** Says why waiting for more lines ended. */
  stop(reason: EmulatorError): void {
    if (this.#outcome !== undefined) return;
    if (reason.code === "console-timeout") this.#fail("timeout", reason.message, "timeout");
    else this.#fail(reason.code, reason.message);
  }

  summary(): BootSummary {
    const verified = this.#verified;
    return {
      board: this.#board,
      verified: verified !== undefined,
      image: verified === undefined ? null : { version: verified.version, digest: verified.digest, key: verified.key },
      verifiedInstructions: this.#count(verified?.instructions),
      runtimeStartInstructions: this.#count(this.#runtime?.instructions),
      firstLineInstructions: this.#count(this.#app?.instructions),
      ramUsedBytes: this.#app?.ram ?? null,
      bootLog: [...this.#log],
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  #follow(event: ConsoleEvent): void {
    switch (event.kind) {
      case "boot-start":
        if (event.board !== this.#board)
          this.#fail("wrong-board", `expected the boot stage of ${this.#board}, found that of ${event.board}`);
        return;
      case "boot-verified":
        // Later code could print anything: only the boot stage, which runs first, is believed.
        if (this.#runtime !== undefined || this.#verified !== undefined)
          this.#fail("console-protocol", "expected one verification before the runtime starts, found another one");
        else this.#verified = event;
        return;
      case "boot-refused":
        this.#fail(
          event.code,
          `the boot stage refused the image: ${(event.detail ?? event.code).replaceAll("_", " ")}`,
        );
        return;
      case "runtime-refused":
        this.#fail(event.code, `the runtime refused the app's archive: ${event.code}`);
        return;
      case "boot-stopped":
      case "runtime-stopped":
        this.#fail(
          event.code,
          `the ${event.kind === "boot-stopped" ? "boot stage" : "runtime"} stopped: ${event.code}`,
        );
        this.#wordsFollow = true;
        return;
      case "boot-ended":
      case "runtime-ended":
        this.#fail(event.kind, "expected the app to come up, found that the board ended before");
        return;
      case "runtime-start":
        this.#runtime = event;
        if (this.#verified === undefined)
          this.#fail("unverified", "expected the image to be verified, found it running");
        return;
      case "app-up":
        if (this.#verified === undefined) this.#fail("unverified", "expected a verified image, found an app of none");
        else {
          this.#app = event;
          this.#outcome = "up";
        }
        return;
      case "app-failed":
        this.#fail("app-failed", `the app failed: ${event.message}`);
        return;
      case "fault":
        this.#fail(
          "fault",
          `${event.cause} at 0x${event.address.toString(16)} in ${event.region}, pc 0x${event.pc.toString(16)}`,
        );
    }
  }

  #takeEnd(line: string): void {
    if (!/^holdfast (?:runtime stopped|fault) /.test(line)) return;
    this.#takeBoot(line);
  }

  #takeRest(line: string): void {
    if (this.#outcome !== "failed") return;
    if (this.#wordsFollow && this.#error !== undefined && line !== "" && !line.startsWith("holdfast "))
      this.#error = { ...this.#error, message: `${this.#error.message}: ${line}` };
    else if (!REPORT_LINE.test(line)) return;
    this.#wordsFollow = false;
    this.#log.push(line);
  }

  #fail(code: string, message: string, outcome: BootOutcome = "failed"): void {
    this.#error = { code, message };
    this.#outcome = outcome;
  }

  #count(instructions: number | undefined): number | null {
    return this.#counted && instructions !== undefined ? instructions : null;
  }
}
