/** Reads records and reports on the side that receives them. A record is trusted as far as its stamp; its report is hearsay. */
import { decodeCbor } from "../cbor/decode.ts";
import type { CborMap, CborValue } from "../cbor/values.ts";
import { decodeCause } from "./cause.ts";
import { FailureError } from "./errors.ts";
import { asArray, asBytes, asMap, asNumber } from "./fields.ts";
import {
  FAILURE_RECORD_BYTE_LIMIT,
  type FailureStamp,
  RECORD,
  REPORTERS,
  type ReportParts,
  type RunningImage,
} from "./record.ts";
import {
  BUILD_ID_BYTE_LIMIT,
  CIRCUMSTANCES,
  COMPONENT_ID_BYTE_LENGTH,
  type FailureReport,
  type HeapUse,
  IMAGE_ID_BYTE_LENGTH,
  LOG_LINE_BYTE_LIMIT,
  LOG_LINE_LIMIT,
  REPORT_BYTE_LIMIT,
  SUBJECT,
  SUBJECT_BYTE_LIMIT,
} from "./report.ts";

const UINT32_LIMIT = 0xffff_ffff;
const DIGEST_BYTE_LENGTH = 32;
const VERSION_BYTE_LENGTH = 8;
const IMAGE_LIMIT = 2;
/** Enough for a record of eight frames. */
const LIMITS = Object.freeze({ byteLength: FAILURE_RECORD_BYTE_LIMIT, depth: 4, items: 64 });

/** A record whose stamp was read, and whose report was not. */
export interface FailureRecord extends FailureStamp, ReportParts {}

/**
 * Reads a record; its report by {@link decodeFailureReport}, so that a runtime that writes nonsense is known by its stamp.
 * @throws FailureError; CborError for what is no deterministic CBOR
 */
export function decodeFailureRecord(bytes: Uint8Array): FailureRecord {
  requireLimit(bytes, FAILURE_RECORD_BYTE_LIMIT, "record");
  const map = asMap(decodeCbor(bytes, { limits: LIMITS }), RECORD.report, "record");
  const parts = asArray(map.get(RECORD.report), "report");
  if (parts.length !== 2) throw new FailureError("structure", "two parts", `${parts.length}`, "report");
  return {
    sequence: asNumber(map.get(RECORD.sequence), 1, UINT32_LIMIT, "sequence"),
    bootCount: asNumber(map.get(RECORD.bootCount), 0, UINT32_LIMIT, "boot count"),
    uptime: asNumber(map.get(RECORD.uptime), 0, Number.MAX_SAFE_INTEGER, "uptime"),
    reporter: reporterOf(map.get(RECORD.reporter)),
    images: imagesOf(map.get(RECORD.images)),
    subject: asBytes(parts[0], 1, SUBJECT_BYTE_LIMIT, "subject"),
    circumstances: asBytes(parts[1], 1, REPORT_BYTE_LIMIT, "circumstances"),
  };
}

function reporterOf(item: CborValue | undefined): FailureStamp["reporter"] {
  return REPORTERS[asNumber(item, 0, REPORTERS.length - 1, "reporter")] as FailureStamp["reporter"];
}

function imagesOf(item: CborValue | undefined): readonly RunningImage[] {
  const items = asArray(item, "images");
  if (items.length > IMAGE_LIMIT) throw new FailureError("field-value", `${IMAGE_LIMIT} images`, "more", "images");
  return items.map((image) => {
    const parts = asArray(image, "image");
    if (parts.length !== 2) throw new FailureError("structure", "digest and version", "something else", "image");
    return {
      digest: asBytes(parts[0], DIGEST_BYTE_LENGTH, DIGEST_BYTE_LENGTH, "digest"),
      version: asBytes(parts[1], VERSION_BYTE_LENGTH, VERSION_BYTE_LENGTH, "version"),
    };
  });
}

/**
 * Reads the two parts of a report, which any runtime may have written.
 * @throws FailureError; CborError for what is no deterministic CBOR
 */
export function decodeFailureReport({ subject, circumstances }: ReportParts): FailureReport {
  requireLimit(subject, SUBJECT_BYTE_LIMIT, "subject");
  requireLimit(circumstances, REPORT_BYTE_LIMIT, "circumstances");
  const what = asMap(decodeCbor(subject, { limits: LIMITS }), SUBJECT.cause, "subject");
  const how = asMap(decodeCbor(circumstances, { limits: LIMITS }), CIRCUMSTANCES.log, "circumstances");
  return {
    component: asBytes(what.get(SUBJECT.component), COMPONENT_ID_BYTE_LENGTH, COMPONENT_ID_BYTE_LENGTH, "component"),
    image: asBytes(what.get(SUBJECT.image), IMAGE_ID_BYTE_LENGTH, IMAGE_ID_BYTE_LENGTH, "image"),
    build: asBytes(what.get(SUBJECT.build), 0, BUILD_ID_BYTE_LIMIT, "build"),
    cause: decodeCause(what.get(SUBJECT.cause), optionalCount(how, CIRCUMSTANCES.address, "address")),
    heap: heapOf(how),
    log: logOf(how.get(CIRCUMSTANCES.log)),
  };
}

function heapOf(map: CborMap): HeapUse | undefined {
  const used = optionalCount(map, CIRCUMSTANCES.heapUsed, "heap");
  const limit = optionalCount(map, CIRCUMSTANCES.heapLimit, "heap");
  if (used === undefined && limit === undefined) return undefined;
  if (used === undefined || limit === undefined) throw new FailureError("field-missing", "both", "one", "heap");
  return { used, limit };
}

function optionalCount(map: CborMap, key: number, field: string): number | undefined {
  const item = map.get(key);
  return item === undefined ? undefined : asNumber(item, 0, UINT32_LIMIT, field);
}

function logOf(item: CborValue | undefined): readonly string[] {
  if (item === undefined) return [];
  const lines = asArray(item, "log");
  if (lines.length < 1 || lines.length > LOG_LINE_LIMIT) {
    throw new FailureError("field-value", `1 to ${LOG_LINE_LIMIT} lines`, `${lines.length}`, "log");
  }
  return lines.map((line) => {
    if (typeof line !== "string") throw new FailureError("field-type", "text", "another type", "log");
    // A character takes up to four bytes, so this is no tighter than the bytes that an encoder counts.
    if (line.length > LOG_LINE_BYTE_LIMIT) throw new FailureError("field-value", "a shorter line", "a long one", "log");
    return line;
  });
}

function requireLimit(bytes: Uint8Array, limit: number, field: string): void {
  if (bytes.length > limit) throw new FailureError("byte-limit", `at most ${limit} bytes`, `${bytes.length}`, field);
}
