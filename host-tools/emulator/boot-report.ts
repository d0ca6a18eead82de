/** Follows a board's boot on its console and sums it up: was the image verified, did the app come up, what did it cost. */
import { type ConsoleEvent, ConsoleProtocolError, parseConsoleLine, type VerifiedFields } from "./console-protocol.ts";
import type { EmulatorError } from "./emulator-error.ts";

/** What `holdfast run --json` prints. */
export interface BootSummary {
  readonly board: string;
  /** SHA-256 of the device's identity key in hexadecimal; null when it told none. */
  readonly device: string | null;
  /** True when the root of trust said, before any later code ran, that it verified the runtime's image. */
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

/** Codes of a board that reset itself begin with this; the cause follows. */
export const RESET_CODE = "reset-";
/** The code with which a stage says that no slot holds an image that it may start. */
const NO_IMAGE = "no-image";

/** Who prints a line, in words. */
const STAGES = {
  "rom-start": "boot ROM",
  "rom-refused": "boot ROM",
  "rom-stopped": "boot ROM",
  "root-start": "root of trust",
  "root-refused": "root of trust",
  "root-stopped": "root of trust",
  "runtime-stopped": "runtime",
} as const;

/** Takes a board's console lines in order. */
export class BootReport {
  readonly #board: string;
  readonly #counted: boolean;
  readonly #log: string[] = [];
  #root: VerifiedFields | undefined;
  #verified: VerifiedFields | undefined;
  /** The first slot that was refused: why, when in the end nothing could be started. */
  #refused: { readonly stage: string; readonly slot: string; readonly code: string } | undefined;
  #deviceId: string | undefined;
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
      device: this.#deviceId ?? null,
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
      case "rom-start":
      case "root-start":
        if (event.board !== this.#board)
          this.#fail(
            "wrong-board",
            `expected the ${STAGES[event.kind]} of ${this.#board}, found that of ${event.board}`,
          );
        return;
      case "rom-identity":
        this.#deviceId ??= event.device;
        return;
      // Later code could print anything: a stage is believed only before the next one runs.
      case "rom-verified":
        if (this.#root !== undefined || this.#runtime !== undefined)
          this.#fail("console-protocol", "expected one verified root of trust, found another");
        else this.#root = event;
        return;
      case "root-verified":
        if (this.#runtime !== undefined || this.#verified !== undefined)
          this.#fail("console-protocol", "expected one verification before the runtime starts, found another one");
        else if (this.#root === undefined)
          this.#fail("unverified", "expected a verified root of trust, found one that nobody verified");
        else this.#verified = event;
        return;
      case "rom-refused":
      case "root-refused":
        this.#refused ??= { stage: STAGES[event.kind], slot: event.slot, code: event.code };
        return;
      case "root-capability":
      case "root-log":
      case "root-console":
      case "root-wait":
        return;
      case "root-reset":
        this.#fail(`${RESET_CODE}${event.cause}`, `the root of trust reset the board: ${event.cause}`);
        return;
      case "runtime-refused":
        this.#fail(event.code, `the runtime refused the app's archive: ${event.code}`);
        return;
      case "rom-stopped":
      case "root-stopped":
      case "runtime-stopped":
        this.#stopped(STAGES[event.kind], event.code);
        return;
      case "rom-ended":
      case "root-ended":
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

  #stopped(stage: string, code: string): void {
    const refused = this.#refused;
    if (code === NO_IMAGE && refused?.stage === stage) {
      this.#fail(refused.code, `the ${stage} refused the image in slot ${refused.slot}: ${refused.code}`);
      return;
    }
    this.#fail(code, `the ${stage} stopped: ${code}`);
    this.#wordsFollow = true;
  }

  #takeEnd(line: string): void {
    if (!/^holdfast (?:runtime stopped|root reset|root stopped|fault) /.test(line)) return;
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
