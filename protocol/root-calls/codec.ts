/** Requests and replies of root-of-trust calls as bytes: strict, so that a message has one encoding. */
import { readUint32, writeUint32 } from "../image/bytes.ts";
import type { Field, Fields, Message } from "./fields.ts";

/** What is wrong with a message, and with which of its fields. */
export interface MessageFault {
  readonly fault: "request-length" | "request-value";
  /** The first field that is wrong; `end` for bytes behind the last one. */
  readonly field: string;
}

/** Tells a fault from a message. No call has a field of that name. */
export function isFault(decoded: object): decoded is MessageFault {
  return "fault" in decoded;
}

/**
 * Reads a message. Byte fields are parts of `source`, which is the reader's own: memory is what a root of trust has least of.
 * @returns a fault for anything but what {@link encodeMessage} writes
 */
export function decodeMessage<Shape extends Fields>(shape: Shape, source: Uint8Array): Message<Shape> | MessageFault {
  const message: Record<string, unknown> = {};
  let offset = 0;
  for (const name of Object.keys(shape)) {
    const field = shape[name] as Field;
    const left = source.length - offset;
    const length = byteLengthOf(field, left);
    if (length === undefined || length > left) return { fault: "request-length", field: name };
    const value = decodeField(field, source.subarray(offset, offset + length));
    if (value === undefined) return { fault: "request-value", field: name };
    message[name] = value;
    offset += length;
  }
  if (offset !== source.length) return { fault: "request-length", field: "end" };
  return message as Message<Shape>;
}

/** @returns undefined when a field of variable length has none of its lengths */
function byteLengthOf(field: Field, left: number): number | undefined {
  switch (field.kind) {
    case "u8":
    case "choice":
      return 1;
    case "u32":
      return 4;
    case "bytes":
      return field.byteLength;
    case "rest":
      return left < field.least || left > field.most ? undefined : left;
  }
}

function decodeField(field: Field, source: Uint8Array): number | string | Uint8Array | undefined {
  if (field.kind === "bytes" || field.kind === "rest") return source;
  if (field.kind === "choice") return field.names[(source[0] as number) - 1];
  const value = field.kind === "u8" ? (source[0] as number) : readUint32(source, 0);
  return value < field.least || value > field.most ? undefined : value;
}

/**
 * Writes a message.
 * @throws RangeError for a value that the field cannot hold: a mistake of the program that calls or answers
 */
export function encodeMessage<Shape extends Fields>(shape: Shape, message: Message<Shape>): Uint8Array {
  const values = message as Readonly<Record<string, unknown>>;
  const whole = wholeOf(shape, values);
  if (whole !== undefined) return whole;
  let length = 0;
  for (const name of Object.keys(shape)) {
    const value = values[name];
    const left = value instanceof Uint8Array ? value.length : 0;
    const own = byteLengthOf(shape[name] as Field, left);
    if (own === undefined) throw outOfRange(name, `${left} bytes`);
    length += own;
  }
  const target = new Uint8Array(length);
  let offset = 0;
  for (const name of Object.keys(shape)) {
    const end = encodeField(shape[name] as Field, values[name], target, offset);
    if (end === undefined) throw outOfRange(name, "a value that it cannot hold");
    offset = end;
  }
  return target;
}

/** A message that is one field of bytes is those bytes: evidence and sealed data need no second place in memory. */
function wholeOf(shape: Fields, values: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const names = Object.keys(shape);
  const only = names[0];
  const value = only === undefined || names.length > 1 ? undefined : values[only];
  if (!(value instanceof Uint8Array)) return undefined;
  return byteLengthOf(shape[only as string] as Field, value.length) === value.length ? value : undefined;
}

/** @returns where the next field begins, or undefined for a value that the field cannot hold */
function encodeField(field: Field, value: unknown, target: Uint8Array, offset: number): number | undefined {
  if (field.kind === "bytes" || field.kind === "rest") {
    if (!(value instanceof Uint8Array) || (field.kind === "bytes" && value.length !== field.byteLength))
      return undefined;
    target.set(value, offset);
    return offset + value.length;
  }
  if (field.kind === "choice") {
    const index = field.names.indexOf(value as string);
    target[offset] = index + 1;
    return index < 0 ? undefined : offset + 1;
  }
  const isHeld = Number.isInteger(value) && (value as number) >= field.least && (value as number) <= field.most;
  if (!isHeld) return undefined;
  if (field.kind === "u8") {
    target[offset] = value as number;
    return offset + 1;
  }
  writeUint32(target, offset, value as number);
  return offset + 4;
}

function outOfRange(field: string, found: string): RangeError {
  return new RangeError(`root call: expected ${field} in its range, found ${found}`);
}
