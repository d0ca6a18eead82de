/**
 * Answers SMP requests (mcumgr, version 2) at the console, before the runtime starts: who the device is to everybody, the rest by
 * the policy of its lifecycle and of the capability file in force. Design note 0018.
 */
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { CborError } from "../../protocol/cbor/errors.ts";
import { decodeUtf8 } from "../../protocol/cbor/text.ts";
import { CborMap, type CborValue } from "../../protocol/cbor/values.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { ROOT_CALLS, rootCallOf } from "../../protocol/root-calls/calls.ts";
import { decodeMessage, encodeMessage } from "../../protocol/root-calls/codec.ts";
import type { Fields, Message } from "../../protocol/root-calls/fields.ts";
import { PACKET_BYTE_LIMIT } from "../../protocol/smp/frame.ts";
import { dispatch } from "../calls/dispatch.ts";
import type { LifecycleAccess, RootServices } from "../calls/services.ts";
import type { CommandKind, EffectivePolicy } from "../lifecycle/effective-policy.ts";
import { LifecycleError } from "../lifecycle/errors.ts";

/** The device's lifecycle, with what only the console may do to it. */
export interface ConsoleLifecycle extends LifecycleAccess {
  /** As of now: a capability file that was just presented counts. */
  readonly policy: Pick<EffectivePolicy, "commands">;
  /** Goes forward, in flash; this boot stays what it was. @throws LifecycleError */
  advance(to: DeviceLifecycle): void;
}

/** What happens once an answer is sent. */
export type ConsoleEnd = "boot" | "reset";

/** An answer and what comes after it; undefined is the next request. */
export interface ConsoleAnswer {
  readonly message: Uint8Array;
  readonly end: ConsoleEnd | undefined;
}

/** Header: version and operation, flags, length, group, sequence, command. */
const HEADER_LENGTH = 8;
const READ = 0x08;

/** Commands: operation, group, number. Numbers below 32 of group 64 are those of the root of trust's calls. */
const ECHO_READ = 0x08_0000_00;
const ECHO = 0x0a_0000_00;
const PARAMETERS = 0x08_0000_06;
const RESET = 0x0a_0000_05;
const HOLDFAST_GROUP = 64;
const CALL_LIMIT = 32;
const IDENTITY = 0x08_0040_01;
const ATTEST = 0x08_0040_02;
const OPERATIONAL_KEY = 0x08_0040_03;
const STATE = 0x08_0040_0c;
const MEASUREMENTS = 0x08_0040_0d;
const LOG_READ = 0x08_0040_0f;
const APPLY_CAPABILITY = 0x0a_0040_15;
const LIFECYCLE = 0x08_0040_20;
const ADVANCE = 0x0a_0040_20;
const BOOT = 0x0a_0040_21;

/** Errors of the protocol itself. */
const INVALID = 3;
const NOT_SUPPORTED = 8;
const ACCESS_DENIED = 11;
const TOO_OLD = 12;

/** Requests are flat maps of few fields. */
const REQUEST_LIMITS = Object.freeze({ byteLength: PACKET_BYTE_LIMIT, depth: 1, items: 16 });

/**
 * Answers one request. Nothing is thrown, whatever the bytes are.
 * @returns undefined for what is no request: it gets silence
 */
export function answerConsole(
  bytes: Uint8Array,
  services: RootServices,
  lifecycle: ConsoleLifecycle,
): ConsoleAnswer | undefined {
  const at = (index: number): number => bytes[index] as number;
  const isRequest = bytes.length >= HEADER_LENGTH && (at(0) & 0xe5) === 0 && at(1) === 0;
  if (!isRequest || ((at(2) << 8) | at(3)) !== bytes.length - HEADER_LENGTH) return undefined;
  const command = (at(0) << 24) | (at(4) << 16) | (at(5) << 8) | at(7);
  const body = bodyOf(bytes.subarray(HEADER_LENGTH));
  let answer: CborValue;
  // One gate for all commands: what is behind it is allowed.
  const kind = kindOf(command, body);
  if (at(0) < READ) answer = TOO_OLD;
  else if (kind === undefined) answer = NOT_SUPPORTED;
  else if (kind !== "anybody" && !lifecycle.policy.commands.includes(kind)) answer = ACCESS_DENIED;
  else if (body === undefined) answer = INVALID;
  else if (((at(4) << 8) | at(5)) === HOLDFAST_GROUP && at(7) < CALL_LIMIT) answer = call(at(7), body, services);
  else answer = run(command, body, lifecycle);
  const map =
    answer instanceof Uint8Array
      ? answer
      : encodeCbor(answer instanceof CborMap ? answer : new CborMap([["rc", answer]]));
  const message = new Uint8Array(HEADER_LENGTH + map.length);
  message.set(bytes.subarray(0, HEADER_LENGTH));
  message[0] = at(0) + 1;
  message[2] = map.length >> 8;
  message[3] = map.length;
  message.set(map, HEADER_LENGTH);
  return { message, end: answer instanceof CborMap && answer.get("err") === undefined ? endOf(command) : undefined };
}

/** Who may use a command: those to whom the policy gives its kind, or anybody. Undefined for a command that there is not. */
function kindOf(command: number, body: CborMap | undefined): CommandKind | "anybody" | undefined {
  switch (command) {
    case ECHO_READ:
    case ECHO:
    case PARAMETERS:
    // Whoever has the wire has the power switch too.
    case RESET:
    case BOOT:
      return "anybody";
    case IDENTITY:
    case ATTEST:
    case OPERATIONAL_KEY:
    case APPLY_CAPABILITY:
    case LIFECYCLE:
      return "identity";
    case STATE:
    case MEASUREMENTS:
    case LOG_READ:
      return "inspect";
    case ADVANCE:
      return body?.get("to") === "decommissioned" ? "service" : "manufacture";
    default:
      return undefined;
  }
}

function endOf(command: number): ConsoleEnd | undefined {
  if (command === BOOT) return "boot";
  // What was measured at this boot is over when the lifecycle has changed.
  return command === RESET || command === ADVANCE ? "reset" : undefined;
}

/** @returns the map of the answer, or an error of the protocol */
function run(command: number, body: CborMap, lifecycle: ConsoleLifecycle): CborMap | typeof INVALID {
  switch (command) {
    case ECHO_READ:
    case ECHO: {
      const text = body.get("d");
      return typeof text === "string" ? new CborMap([["r", text]]) : INVALID;
    }
    case PARAMETERS:
      return new CborMap([
        ["buf_size", PACKET_BYTE_LIMIT],
        ["buf_count", 1],
      ]);
    case LIFECYCLE:
      return new CborMap([
        ["lifecycle", lifecycle.lifecycle],
        ["debug", lifecycle.isDebug],
      ]);
    case ADVANCE:
      return advance(body.get("to"), lifecycle);
    default:
      return new CborMap([]);
  }
}

function advance(to: CborValue | undefined, lifecycle: ConsoleLifecycle): CborMap | typeof INVALID {
  if (to !== "secured" && to !== "decommissioned") return INVALID;
  try {
    lifecycle.advance(to);
    return new CborMap([]);
  } catch (error) {
    if (!(error instanceof LifecycleError)) throw error;
    return failure(0, error.code);
  }
}

/** A call of the root of trust, with its fields as a map. */
function call(number: number, body: CborMap, services: RootServices): CborMap | Uint8Array | typeof INVALID {
  const name = rootCallOf(number);
  if (name === undefined) return INVALID;
  const { request, reply } = ROOT_CALLS[name];
  const names = Object.keys(request);
  if (body.entries.length !== names.length) return INVALID;
  const values: Record<string, unknown> = {};
  for (const field of names) values[field] = body.get(field);
  let bytes: Uint8Array;
  try {
    bytes = encodeMessage<Fields>(request, values as Message<Fields>);
  } catch (error) {
    if (error instanceof RangeError) return INVALID;
    throw error;
  }
  const answer = dispatch(number, bytes, services);
  if (answer.status !== 0) return failure(answer.status, decodeUtf8(answer.reply));
  return encodeReply(decodeMessage<Fields>(reply, answer.reply) as Readonly<Record<string, CborValue>>);
}

/** A map of fields whose names differ in length, in one piece of memory: certificates and evidence are long, and memory is short. */
function encodeReply(fields: Readonly<Record<string, CborValue>>): Uint8Array {
  const names = Object.keys(fields).sort((left, right) => left.length - right.length);
  const parts: Uint8Array[] = [new Uint8Array([0xa0 + names.length])];
  for (const name of names) {
    const value = fields[name] as CborValue;
    parts.push(encodeCbor(name));
    // A length of two bytes is the shortest form from 256 on; what is shorter costs little to copy.
    if (!(value instanceof Uint8Array) || value.length < 256) parts.push(encodeCbor(value));
    else parts.push(new Uint8Array([0x59, value.length >> 8, value.length]), value);
  }
  let length = 0;
  for (const part of parts) length += part.length;
  const map = new Uint8Array(length);
  length = 0;
  for (const part of parts) {
    map.set(part, length);
    length += part.length;
  }
  return map;
}

/** An error of our group: the status of a call, or 0 for none of them, and what it says. */
function failure(status: number, reason: string | number): CborMap {
  const error = new CborMap([
    ["group", HOLDFAST_GROUP],
    ["rc", status],
  ]);
  return new CborMap([
    ["err", error],
    ["rsn", reason],
  ]);
}

/** @returns undefined for what is no map that a request may be */
function bodyOf(bytes: Uint8Array): CborMap | undefined {
  try {
    const body = bytes.length === 0 ? undefined : decodeCbor(bytes, { limits: REQUEST_LIMITS });
    if (body === undefined) return new CborMap([]);
    return body instanceof CborMap ? body : undefined;
  } catch (error) {
    if (error instanceof CborError) return undefined;
    throw error;
  }
}
