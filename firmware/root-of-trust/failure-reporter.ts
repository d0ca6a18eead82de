/** Reports failures of the runtime to the root of trust, which keeps them over resets. Design notes 0013 and 0015. */
import { FRAME_LIMIT, type StackFrame } from "../../protocol/failure/cause.ts";
import { encodeFailureReport } from "../../protocol/failure/report.ts";
import type { RootOfTrust } from "./root-of-trust.ts";

/** Names the runtime until apps have component ids of their own: a random UUID (RFC 9562, version 4) of ours. */
const RUNTIME_COMPONENT: readonly number[] = Object.freeze([
  0x3c, 0x5d, 0x1e, 0x92, 0x7a, 0x44, 0x4f, 0x0b, 0x9d, 0x26, 0x61, 0xe8, 0xb0, 0x13, 0x5f, 0xc7,
]);
const TEXT_LIMIT = 48;
/** Number of the runtime among the measurements. */
const RUNTIME = 1;

/** Makes reports of what was thrown. Messages stay out of them: they may hold what an app was told in confidence. */
export class FailureReporter {
  readonly #root: RootOfTrust;
  #image: Uint8Array | undefined;

  constructor(root: RootOfTrust) {
    this.#root = root;
  }

  /** Reports an uncaught error. @returns false when the root of trust did not keep it; nothing is thrown */
  report(error: unknown): boolean {
    try {
      this.#image ??= this.#root.measurements()[RUNTIME]?.value ?? new Uint8Array(32);
      const report = encodeFailureReport({
        component: Uint8Array.from(RUNTIME_COMPONENT),
        image: this.#image,
        build: new Uint8Array(0),
        cause: { kind: "exception", name: printable(nameOf(error)), frames: framesOf(error) },
        heap: undefined,
        log: [],
      });
      this.#root.logAppend(report);
      return true;
    } catch {
      // A failure on the way must not hide the one that is reported: the caller prints that one.
      return false;
    }
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? String(error.name) : typeof error;
}

/** The frames of an error's stack, whose lines are `at name (file.ts:line)`. */
function framesOf(error: unknown): StackFrame[] {
  const frames: StackFrame[] = [];
  if (!(error instanceof Error)) return frames;
  const lines = String(error.stack).split("\n");
  for (let index = 1; index < lines.length && frames.length < FRAME_LIMIT; index += 1) {
    const frame = frameOf(lines[index] as string);
    if (frame !== undefined) frames.push(frame);
  }
  return frames;
}

function frameOf(line: string): StackFrame | undefined {
  const match = /\(?([^()\s]+):(\d{1,9})\)?$/.exec(line);
  return match === null ? undefined : { module: printable(match[1] as string), line: Number(match[2]), column: 0 };
}

/** 1 to 48 printable ASCII characters, the last ones of a longer text. */
function printable(text: string): string {
  let shown = "";
  for (const character of text.slice(-TEXT_LIMIT)) shown += character > " " && character < "\u007f" ? character : "?";
  return shown === "" ? "?" : shown;
}
