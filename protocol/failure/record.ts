/** What the root of trust keeps of a failure: the report as it came, and beside it what only the root of trust says. */
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { CborMap } from "../cbor/values.ts";
import { FailureError } from "./errors.ts";
import { asArray, asBytes } from "./fields.ts";
import { REPORT_BYTE_LIMIT, SUBJECT_BYTE_LIMIT } from "./report.ts";

/** Most bytes of a record. */
export const FAILURE_RECORD_BYTE_LIMIT = 512;

/** Keys of a record. */
export const RECORD = Object.freeze({ sequence: 1, bootCount: 2, uptime: 3, reporter: 4, images: 5, report: 6 });

/** By number: who reported. */
export const REPORTERS = Object.freeze(["root", "runtime"] as const);

/** An image that ran: 0 the root of trust, 1 the runtime. */
export interface RunningImage {
  /** SHA-256 of its signed region, 32 bytes. */
  readonly digest: Uint8Array;
  /** Its version as in an image header, 8 bytes. */
  readonly version: Uint8Array;
}

/** What a reporter cannot choose. */
export interface FailureStamp {
  /** Rises by one with each record that a device keeps. */
  readonly sequence: number;
  /** The boot in which it happened. */
  readonly bootCount: number;
  /** Milliseconds since that boot. */
  readonly uptime: number;
  readonly reporter: (typeof REPORTERS)[number];
  /** What ran, the root of trust first; at most two. */
  readonly images: readonly RunningImage[];
}

/** A report in its two parts, which are not looked into. */
export interface ReportParts {
  readonly subject: Uint8Array;
  readonly circumstances: Uint8Array;
}

/**
 * Takes a report apart.
 * @throws FailureError `byte-limit`, `structure`, `field-type`, `field-value`; CborError for what is no deterministic CBOR
 */
export function splitReport(report: Uint8Array): ReportParts {
  if (report.length > REPORT_BYTE_LIMIT) {
    throw new FailureError("byte-limit", `at most ${REPORT_BYTE_LIMIT} bytes`, `${report.length}`, "report");
  }
  const items = asArray(decodeCbor(report, { limits: { depth: 1, items: 3 } }), "report");
  if (items.length !== 2) throw new FailureError("structure", "two parts", `${items.length}`, "report");
  return {
    subject: asBytes(items[0], 1, SUBJECT_BYTE_LIMIT, "subject"),
    circumstances: asBytes(items[1], 1, REPORT_BYTE_LIMIT, "circumstances"),
  };
}

/** Writes a record of at most 512 bytes. @throws CborError for numbers or bytes that no stamp has */
export function encodeFailureRecord(stamp: FailureStamp, { subject, circumstances }: ReportParts): Uint8Array {
  return encodeCbor(
    new CborMap([
      [RECORD.sequence, stamp.sequence],
      [RECORD.bootCount, stamp.bootCount],
      [RECORD.uptime, stamp.uptime],
      [RECORD.reporter, REPORTERS.indexOf(stamp.reporter)],
      [RECORD.images, stamp.images.map(({ digest, version }) => [digest, version])],
      [RECORD.report, [subject, circumstances]],
    ]),
    { limits: { byteLength: FAILURE_RECORD_BYTE_LIMIT } },
  );
}

/** The number by which equal failures are known, FNV-1a: a reporter that makes two collide miscounts its own failures only. */
export function fingerprintOf(subject: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < subject.length; index++) hash = Math.imul(hash ^ (subject[index] as number), 0x01000193);
  return hash >>> 0;
}
