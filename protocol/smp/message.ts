/** A host's side of SMP version 2 (mcumgr): eight bytes of header, big endian, and a CBOR map. Groups are Zephyr's, and ours from 64 on. */
import { encodeCbor } from "../cbor/encode.ts";
import { type CborEntry, CborMap } from "../cbor/values.ts";

export const SMP_HEADER_LENGTH = 8;
/** Version 2 of the protocol, in a header. */
export const SMP_VERSION = 1;

/** Operations; an answer is one more. */
export const SMP_READ = 0;
export const SMP_WRITE = 2;

export const OS_GROUP = 0;
export const OS_ECHO = 0;
export const OS_RESET = 5;
export const OS_PARAMETERS = 6;
/** Commands of Holdfast: numbers below 32 are those of the root of trust's calls. */
export const HOLDFAST_GROUP = 64;
export const HOLDFAST_LIFECYCLE = 32;
export const HOLDFAST_BOOT = 33;

/** Header and body of a message. */
export interface SmpMessage {
  /** 0 is version 1 of the protocol, 1 is version 2. */
  readonly version: number;
  readonly operation: number;
  readonly group: number;
  readonly sequence: number;
  readonly command: number;
  /** A CBOR map, or nothing. */
  readonly body: Uint8Array;
}

/** @returns undefined for what is no message: bits that must be zero, or another length than it says */
export function readSmpMessage(bytes: Uint8Array): SmpMessage | undefined {
  if (bytes.length < SMP_HEADER_LENGTH) return undefined;
  const first = bytes[0] as number;
  const length = ((bytes[2] as number) << 8) | (bytes[3] as number);
  if (first > 0x1f || (first & 7) > 3 || bytes[1] !== 0 || length !== bytes.length - SMP_HEADER_LENGTH)
    return undefined;
  return {
    version: first >> 3,
    operation: first & 7,
    group: ((bytes[4] as number) << 8) | (bytes[5] as number),
    sequence: bytes[6] as number,
    command: bytes[7] as number,
    body: bytes.subarray(SMP_HEADER_LENGTH),
  };
}

/** A message with its map. @throws CborError for what CBOR cannot hold */
export function writeSmpMessage(header: Omit<SmpMessage, "body">, entries: readonly CborEntry[]): Uint8Array {
  const body = encodeCbor(new CborMap(entries));
  const { version, operation, group, sequence, command } = header;
  const bytes = new Uint8Array(SMP_HEADER_LENGTH + body.length);
  bytes[0] = (version << 3) | operation;
  bytes[2] = body.length >> 8;
  bytes[3] = body.length;
  bytes[4] = group >> 8;
  bytes[5] = group;
  bytes[6] = sequence;
  bytes[7] = command;
  bytes.set(body, SMP_HEADER_LENGTH);
  return bytes;
}
