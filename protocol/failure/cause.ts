/** Why something failed: the closed union, and its form in CBOR, an array that begins with the cause's number. */
import type { CborValue } from "../cbor/values.ts";
import { FailureError } from "./errors.ts";
import { asArray, asNumber, asText, isShortText } from "./fields.ts";

/** A place in a program. */
export interface StackFrame {
  /** Name of the module, 1 to 48 printable ASCII characters. */
  readonly module: string;
  /** From 1; 0 when unknown. */
  readonly line: number;
  readonly column: number;
}

/** Names, codes, regions and capabilities are 1 to 48 printable ASCII characters. */
export type FailureCause =
  /** The program ended itself. */
  | { readonly kind: "exit"; readonly code: number }
  /** An exception that nobody caught. Its message is left out: it may hold a secret. Innermost frame first. */
  | { readonly kind: "exception"; readonly name: string; readonly frames: readonly StackFrame[] }
  | { readonly kind: "out-of-memory" }
  | { readonly kind: "stack-overflow" }
  | { readonly kind: "too-much-computation" }
  | { readonly kind: "watchdog" }
  /** `region` is a name of the board's memory map, `address` a 32-bit address. */
  | { readonly kind: "memory-fault"; readonly region: string; readonly address: number }
  | { readonly kind: "capability-denied"; readonly capability: string }
  | { readonly kind: "attestation-failed"; readonly code: string }
  | { readonly kind: "update-failed"; readonly code: string };

/** Most frames of an exception. */
export const FRAME_LIMIT = 8;

/** By the number that stands for them. */
export const CAUSE_KINDS: readonly FailureCause["kind"][] = Object.freeze([
  "exit",
  "exception",
  "out-of-memory",
  "stack-overflow",
  "too-much-computation",
  "watchdog",
  "memory-fault",
  "capability-denied",
  "attestation-failed",
  "update-failed",
] as const);

const UINT32_LIMIT = 0xffff_ffff;
const INT32_LEAST = -0x8000_0000;
const INT32_MOST = 0x7fff_ffff;

/**
 * The cause without the address of a memory fault, which is no part of what makes two failures the same.
 * @throws FailureError `field-value`
 */
export function encodeCause(cause: FailureCause): CborValue[] {
  const number = CAUSE_KINDS.indexOf(cause.kind);
  switch (cause.kind) {
    case "exit":
      return [number, checkNumber(cause.code, INT32_LEAST, INT32_MOST, "exit code")];
    case "exception":
      return [number, checkText(cause.name, "exception name"), cause.frames.slice(0, FRAME_LIMIT).map(encodeFrame)];
    case "memory-fault":
      return [number, checkText(cause.region, "region")];
    case "capability-denied":
      return [number, checkText(cause.capability, "capability")];
    case "attestation-failed":
    case "update-failed":
      return [number, checkText(cause.code, "code")];
    default:
      return [number];
  }
}

function encodeFrame({ module, line, column }: StackFrame): CborValue {
  return [
    checkText(module, "module"),
    checkNumber(line, 0, UINT32_LIMIT, "line"),
    checkNumber(column, 0, UINT32_LIMIT, "column"),
  ];
}

function checkText(text: string, field: string): string {
  if (isShortText(text)) return text;
  throw new FailureError("field-value", "1 to 48 printable characters", `${text.length} characters`, field);
}

function checkNumber(value: number, least: number, most: number, field: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new FailureError("field-value", `a whole number from ${least} to ${most}`, `${value}`, field);
}

/**
 * Reads a cause.
 * @param address of a memory fault, from elsewhere in the report
 * @throws FailureError `structure`, `field-type`, `field-value`, `cause-unknown`
 */
export function decodeCause(item: CborValue | undefined, address: number | undefined): FailureCause {
  const [number, ...values] = asArray(item, "cause");
  const kind = typeof number === "number" ? CAUSE_KINDS[number] : undefined;
  if (kind === undefined) throw new FailureError("cause-unknown", "a cause", "another number", "cause");
  if ((kind === "memory-fault") !== (address !== undefined)) {
    throw new FailureError("structure", "an address with a memory fault, and only there", "otherwise", "cause");
  }
  const [first, second] = values;
  requireCount(values, valueCount(kind));
  switch (kind) {
    case "exit":
      return { kind, code: asNumber(first, INT32_LEAST, INT32_MOST, "exit code") };
    case "exception":
      return { kind, name: asText(first, "exception name"), frames: decodeFrames(second) };
    case "memory-fault":
      return { kind, region: asText(first, "region"), address: address as number };
    case "capability-denied":
      return { kind, capability: asText(first, "capability") };
    case "attestation-failed":
    case "update-failed":
      return { kind, code: asText(first, "code") };
    default:
      return { kind };
  }
}

function valueCount(kind: FailureCause["kind"]): number {
  if (kind === "exception") return 2;
  const number = CAUSE_KINDS.indexOf(kind);
  return number >= CAUSE_KINDS.indexOf("memory-fault") || kind === "exit" ? 1 : 0;
}

function decodeFrames(item: CborValue | undefined): readonly StackFrame[] {
  const items = asArray(item, "frames");
  if (items.length > FRAME_LIMIT) throw new FailureError("field-value", `${FRAME_LIMIT} frames`, "more", "frames");
  return items.map((frame) => {
    const parts = asArray(frame, "frame");
    requireCount(parts, 3);
    const [module, line, column] = parts;
    return {
      module: asText(module, "module"),
      line: asNumber(line, 0, UINT32_LIMIT, "line"),
      column: asNumber(column, 0, UINT32_LIMIT, "column"),
    };
  });
}

function requireCount(values: readonly CborValue[], count: number): void {
  if (values.length === count) return;
  throw new FailureError("structure", `${count} values of a cause or frame`, `${values.length}`, "cause");
}
