/**
 * What a reporter says of a failure: two byte strings in an array. The *subject* is what makes two failures the same: who failed and
 * why. The *circumstances* differ from time to time. The root of trust looks into neither: it compares the one and keeps both.
 * Design note 0013.
 */
import { encodeCbor } from "../cbor/encode.ts";
import { type CborEntry, CborMap, type CborValue } from "../cbor/values.ts";
import { encodeCause, type FailureCause } from "./cause.ts";
import { FailureError } from "./errors.ts";

/** Most bytes of a report: what a record leaves it beside what the root of trust adds. */
export const REPORT_BYTE_LIMIT = 384;
/** Most bytes of a subject, so that circumstances have room. */
export const SUBJECT_BYTE_LIMIT = 256;
/** Bytes of a component id, an RFC 9562 UUID. */
export const COMPONENT_ID_BYTE_LENGTH = 16;
/** Bytes of an image id: the SHA-256 of its signed region. */
export const IMAGE_ID_BYTE_LENGTH = 32;
/** Most bytes of a build id. */
export const BUILD_ID_BYTE_LIMIT = 32;
/** Most lines of log, and most bytes of each. */
export const LOG_LINE_LIMIT = 8;
export const LOG_LINE_BYTE_LIMIT = 96;

/** Keys of a subject. */
export const SUBJECT = Object.freeze({ component: 1, image: 2, build: 3, cause: 4 });
/** Keys of the circumstances. */
export const CIRCUMSTANCES = Object.freeze({ address: 1, heapUsed: 2, heapLimit: 3, log: 4 });

/** Heads of the array and its two byte strings. */
const FRAME_BYTE_LENGTH = 7;

/** Bytes that a program used and may use. */
export interface HeapUse {
  readonly used: number;
  readonly limit: number;
}

/** A failure as its reporter saw it. */
export interface FailureReport {
  /** 16 bytes: what failed, whatever its version. */
  readonly component: Uint8Array;
  /** 32 bytes: the digest of the very image. */
  readonly image: Uint8Array;
  /** Up to 32 bytes, empty when the build has none. */
  readonly build: Uint8Array;
  readonly cause: FailureCause;
  readonly heap: HeapUse | undefined;
  /** The last lines that it wrote, the newest last. */
  readonly log: readonly string[];
}

/**
 * Writes a report of at most 384 bytes. What does not fit is left out: outer frames, then older lines of the log; lines are cut.
 * @throws FailureError `field-value`
 */
export function encodeFailureReport(report: FailureReport): Uint8Array {
  const subject = encodeSubject(report);
  const room = REPORT_BYTE_LIMIT - FRAME_BYTE_LENGTH - subject.length;
  const log = report.log.slice(-LOG_LINE_LIMIT).map(cutLine);
  for (;;) {
    const circumstances = encodeCircumstances(report, log);
    if (circumstances.length <= room) return encodeCbor([subject, circumstances]);
    log.shift();
  }
}

function encodeSubject({ component, image, build, cause }: FailureReport): Uint8Array {
  checkLength(component, COMPONENT_ID_BYTE_LENGTH, COMPONENT_ID_BYTE_LENGTH, "component");
  checkLength(image, IMAGE_ID_BYTE_LENGTH, IMAGE_ID_BYTE_LENGTH, "image");
  checkLength(build, 0, BUILD_ID_BYTE_LIMIT, "build");
  const values = encodeCause(cause);
  for (;;) {
    const subject = encodeCbor(
      new CborMap([
        [SUBJECT.component, component],
        [SUBJECT.image, image],
        [SUBJECT.build, build],
        [SUBJECT.cause, values],
      ]),
    );
    if (subject.length <= SUBJECT_BYTE_LIMIT) return subject;
    // Only frames can make a subject too long.
    (values[2] as CborValue[]).pop();
  }
}

function encodeCircumstances({ cause, heap }: FailureReport, log: readonly string[]): Uint8Array {
  const entries: CborEntry[] = [];
  if (cause.kind === "memory-fault") entries.push([CIRCUMSTANCES.address, checkCount(cause.address, "address")]);
  if (heap !== undefined) {
    entries.push([CIRCUMSTANCES.heapUsed, checkCount(heap.used, "heap")]);
    entries.push([CIRCUMSTANCES.heapLimit, checkCount(heap.limit, "heap")]);
  }
  if (log.length > 0) entries.push([CIRCUMSTANCES.log, log]);
  return encodeCbor(new CborMap(entries));
}

function checkLength(bytes: Uint8Array, least: number, most: number, field: string): void {
  if (bytes.length >= least && bytes.length <= most) return;
  throw new FailureError("field-value", `${least} to ${most} bytes`, `${bytes.length}`, field);
}

function checkCount(value: number, field: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw new FailureError("field-value", "a whole number of 32 bits", `${value}`, field);
}

/** The first characters of a line, as many as fit; half a surrogate pair becomes a replacement character. */
function cutLine(line: string): string {
  let text = "";
  let room = LOG_LINE_BYTE_LIMIT;
  for (const character of line) {
    const point = character.codePointAt(0) as number;
    const isHalf = point >= 0xd800 && point <= 0xdfff;
    room -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (room < 0) break;
    text += isHalf ? "\ufffd" : character;
  }
  return text;
}
