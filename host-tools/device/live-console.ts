/** A host at the console of the root of trust: starts an emulated device, is served before its runtime starts, and asks. */
import { hrtime } from "node:process";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { type CborEntry, CborMap, type CborValue } from "../../protocol/cbor/values.ts";
import { ROOT_CALLS, type RootCallName } from "../../protocol/root-calls/calls.ts";
import { statusOf } from "../../protocol/root-calls/status.ts";
import { FrameReader, writeFrames } from "../../protocol/smp/frame.ts";
import {
  HOLDFAST_BOOT,
  HOLDFAST_GROUP,
  HOLDFAST_LIFECYCLE,
  OS_ECHO,
  OS_GROUP,
  OS_RESET,
  readSmpMessage,
  SMP_READ,
  SMP_VERSION,
  SMP_WRITE,
  type SmpMessage,
  writeSmpMessage,
} from "../../protocol/smp/message.ts";
import type { Board } from "../build/board.ts";
import { Emulator } from "../emulator/emulator.ts";
import type { FlashFiles } from "../emulator/flash-image.ts";
import { DeviceError } from "./device-error.ts";

/** Which device, and for how long. */
export interface LiveConsoleOptions {
  readonly board: Board;
  /** The device's own flash: what it writes stays. */
  readonly flash: FlashFiles;
  /** For messages. */
  readonly path: string;
  /** Milliseconds that the device may run. */
  readonly timeoutMs: number;
}

/** A request, with the fields of its map. */
export interface SmpRequest {
  readonly group: number;
  readonly command: number;
  readonly operation?: typeof SMP_READ | typeof SMP_WRITE;
  readonly entries?: readonly CborEntry[];
}

/** `rc` of the protocol's own errors. */
const RC_NAMES: Readonly<Record<number, string>> = Object.freeze({
  3: "invalid",
  8: "not-supported",
  11: "access-denied",
  12: "too-old",
  13: "too-new",
});
/** Answers are longer than requests may be: certificates and evidence. */
const ANSWER_BYTE_LIMIT = 8192;

/** One session. The device runs until `close`. */
export class LiveConsole {
  readonly emulator: Emulator;
  readonly #options: LiveConsoleOptions;
  readonly #reader = new FrameReader(ANSWER_BYTE_LIMIT);
  readonly #waiting = new Map<number, (answer: SmpMessage) => void>();
  readonly #deadline: bigint;
  #sequence = 0;

  private constructor(emulator: Emulator, options: LiveConsoleOptions) {
    this.emulator = emulator;
    this.#options = options;
    this.#deadline = hrtime.bigint() + BigInt(options.timeoutMs) * 1_000_000n;
    emulator.lines.onBytes((bytes) => this.#take(bytes));
  }

  /**
   * Starts a device, and returns once its root of trust serves.
   * @throws EmulatorError; DeviceError `console-silent`
   */
  static async open(options: LiveConsoleOptions): Promise<LiveConsole> {
    const { board, flash, timeoutMs } = options;
    const emulator = await Emulator.start({ board, flash, timeoutMs });
    const live = new LiveConsole(emulator, options);
    try {
      await live.ask({ group: OS_GROUP, command: OS_ECHO, operation: SMP_WRITE, entries: [["d", "holdfast"]] });
      return live;
    } catch (error) {
      await emulator.close();
      throw error;
    }
  }

  /**
   * Sends a request; resolves with the map of its answer, errors among them.
   * @throws DeviceError `console-silent`
   */
  async ask({ group, command, operation = SMP_READ, entries = [] }: SmpRequest): Promise<CborMap> {
    this.#sequence = (this.#sequence + 1) & 0xff;
    const sequence = this.#sequence;
    const message = writeSmpMessage({ version: SMP_VERSION, operation, group, sequence, command }, entries);
    const answered = new Promise<SmpMessage>((resolve) => this.#waiting.set(sequence, resolve));
    writeFrames(message, (line) => this.emulator.write(line));
    const answer = await this.#inTime(answered);
    this.#waiting.delete(sequence);
    const isMatch = answer.group === group && answer.command === command && answer.operation === operation + 1;
    const map = isMatch ? decodeCbor(answer.body, { limits: { byteLength: ANSWER_BYTE_LIMIT } }) : undefined;
    if (!(map instanceof CborMap))
      throw new DeviceError("console-silent", "an answer to the request", "another message", this.#options.path);
    return map;
  }

  /** As {@link ask}. @throws DeviceError also `console-refused` for an error as answer */
  async request(request: SmpRequest): Promise<CborMap> {
    const answer = await this.ask(request);
    const refusal = refusalIn(answer);
    if (refusal === undefined) return answer;
    const what = `group ${request.group} command ${request.command}`;
    throw new DeviceError("console-refused", `an answer to ${what}`, refusal, this.#options.path);
  }

  /** A call of the root of trust that its console has; see note 0018. @throws as {@link request} */
  call(name: RootCallName, entries: readonly CborEntry[] = []): Promise<CborMap> {
    const operation = name === "applyCapability" ? SMP_WRITE : SMP_READ;
    return this.request({ group: HOLDFAST_GROUP, command: ROOT_CALLS[name].number, operation, entries });
  }

  /** Goes forward in the lifecycle; the device resets itself. @throws as {@link request} */
  async advance(to: "secured" | "decommissioned"): Promise<void> {
    const entries: readonly CborEntry[] = [["to", to]];
    await this.request({ group: HOLDFAST_GROUP, command: HOLDFAST_LIFECYCLE, operation: SMP_WRITE, entries });
    await this.emulator.exited;
  }

  /** Lets the runtime start. @throws as {@link request} */
  async boot(): Promise<void> {
    await this.request({ group: HOLDFAST_GROUP, command: HOLDFAST_BOOT, operation: SMP_WRITE });
  }

  /** Resets the device. @throws as {@link request} */
  async reset(): Promise<void> {
    await this.request({ group: OS_GROUP, command: OS_RESET, operation: SMP_WRITE });
    await this.emulator.exited;
  }

  /** Switches the device off; fine to call twice. */
  async close(): Promise<void> {
    await this.emulator.close();
  }

  #lastWords(): string {
    const words = this.emulator.lines.all.filter((line) => line.startsWith("holdfast root "));
    return JSON.stringify(words.slice(-2).join(", ").slice(-200));
  }

  #take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const message = this.#reader.push(byte);
      const answer = message === undefined ? undefined : readSmpMessage(message);
      if (answer !== undefined) this.#waiting.get(answer.sequence)?.({ ...answer, body: answer.body.slice() });
    }
  }

  /** An answer, unless the device ends or starts its runtime first. */
  async #inTime(answered: Promise<SmpMessage>): Promise<SmpMessage> {
    const silent = (found: string): DeviceError =>
      new DeviceError("console-silent", "an answer of the root of trust", found, this.#options.path);
    let stop = (): void => {};
    const failed = new Promise<never>((_, reject) => {
      const left = Number((this.#deadline - hrtime.bigint()) / 1_000_000n);
      const timer = setTimeout(() => reject(silent("none in time")), Math.max(left, 0));
      const stopLines = this.emulator.lines.onLine((line) => {
        if (line.startsWith("holdfast runtime start")) reject(silent("a runtime that was started"));
      });
      this.emulator.exited.then(() => reject(silent(`a device that is off, and said last ${this.#lastWords()}`)));
      stop = () => {
        clearTimeout(timer);
        stopLines();
      };
    });
    failed.catch(() => {});
    try {
      return await Promise.race([answered, failed]);
    } finally {
      stop();
    }
  }
}

/** The field of an answer. @throws DeviceError `console-silent` for one that is not there */
export function fieldOf<T extends CborValue>(
  answer: CborMap,
  name: string,
  is: (value: CborValue | undefined) => value is T,
): T {
  const value = answer.get(name);
  if (is(value)) return value;
  throw new DeviceError("console-silent", `${name} in the answer`, "none, or of another type", "console");
}

export const isBytes = (value: CborValue | undefined): value is Uint8Array => value instanceof Uint8Array;
export const isText = (value: CborValue | undefined): value is string => typeof value === "string";

/** An error as one word: the protocol's own, or a root-of-trust call's status with its detail. */
function refusalIn(answer: CborMap): string | undefined {
  const code = answer.get("rc");
  if (typeof code === "number" && code !== 0) return RC_NAMES[code] ?? `rc ${code}`;
  const error = answer.get("err");
  if (!(error instanceof CborMap)) return undefined;
  const status = error.get("rc");
  const reason = answer.get("rsn");
  const name = typeof status === "number" ? statusOf(status) : "internal";
  return typeof reason === "string" && reason !== "" ? `${name}/${reason}` : name;
}
