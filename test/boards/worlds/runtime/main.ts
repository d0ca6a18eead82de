/** The test's runtime: calls well, calls badly, and tries what a runtime in an attacker's hands would. */
import { write } from "native:console";
import { handOver } from "native:cpu";
import { call } from "native:root";
import {
  changedBytes,
  fillMemory,
  hang,
  isOutOfReach,
  memory,
  rawCall,
  trial,
  trialCount,
  trialName,
} from "native:world-trial";
import config from "mc/config";
import { arithmetic, CALL, REFUSED } from "../calls.ts";

const CALLER_MEMORY = 2;
const REPLY_CAPACITY = 3;
const INTERNAL = 6;
const UNKNOWN = 1;
const LIMIT = 4096;
const MAXIMUM = 0xffff_ffff;
const HAND_OVER_BYTE_LENGTH = 192;
const READ = 0;
const WRITE = 1;
const EXECUTE = 2;

interface Places {
  /** Addresses that belong to the stages below, by name. */
  readonly secret: Readonly<Record<string, number>>;
  /** The runtime's RAM, from the first address to the one behind it. */
  readonly ramStart: number;
  readonly ramEnd: number;
}

const PLACES: Readonly<Record<string, Places>> = Object.freeze({
  "virt-a7": {
    secret: {
      "rom-flash": 0x0,
      "root-flash": 0x80000,
      "device-secret": 0x180000,
      "state-flash": 0x200000,
      "runtime-flash": 0x400000,
      "rom-image": 0x0e000000,
      "root-image": 0x0e061000,
      "secure-ram": 0x0e0f0000,
      "root-hand-over": 0x0e0fe000,
      "secure-serial": 0x09040000,
      power: 0x090b0000,
    },
    ramStart: 0x40201000,
    ramEnd: 0x40400000,
  },
  "virt-rv32": {
    secret: {
      "rom-flash": 0x20000000,
      "root-flash": 0x22000200,
      "other-root-flash": 0x22080000,
      "device-secret": 0x22480000,
      "state-flash": 0x22300000,
      "secure-ram": 0x80008000,
      "root-hand-over": 0x8000f400,
      "flash-routine": 0x8000fc00,
      dma: 0x80010000,
      timer: 0x02004000,
      power: 0x00100000,
      virtio: 0x10001000,
    },
    ramStart: 0x80040000,
    ramEnd: 0x8007ff00,
  },
});

function report(name: string, passed: boolean, detail = ""): void {
  write(`test ${passed ? "pass" : "fail"} ${name} ${detail}\r\n`);
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function echo(length: number): boolean {
  const request = new Uint8Array(length);
  for (let index = 0; index < length; index++) request[index] = (index * 3 + length) & 0xff;
  const reply = new Uint8Array(LIMIT);
  const result = call(CALL.ECHO, request, reply);
  return result === length << 16 && equal(reply.subarray(0, length), request);
}

function checkCalls(): void {
  const data = new Uint8Array(handOver() ?? new ArrayBuffer(0));
  report("the-runtime-has-its-hand-over", data.length === HAND_OVER_BYTE_LENGTH && data.every((byte) => byte === 0xa5));
  report(
    "bytes-come-back",
    [0, 1, 2, 3, 5, 63, 4095, LIMIT].every((length) => echo(length)),
  );
  const words = new Uint8Array(16);
  report(
    "the-root-of-trust-computes",
    call(CALL.ARITHMETIC, new Uint8Array(0), words) === 16 << 16 && equal(words, arithmetic()),
  );
  report("an-unknown-call-is-told", call(0x7fff, new Uint8Array(0), words) === UNKNOWN);
  report("an-unknown-service-is-told", rawCall(0xffff, 0, 0, 0, 0) === UNKNOWN);
  report("a-forgotten-call-is-told", call(CALL.FORGET, new Uint8Array(4), words) === INTERNAL);
  const short = new Uint8Array(15).fill(7);
  const told = call(CALL.LONG_REPLY, new Uint8Array(0), short);
  report("a-reply-that-does-not-fit-is-not-written", told === REPLY_CAPACITY && short.every((byte) => byte === 7));
  report("a-refusal-stays-one-without-its-words", call(CALL.REFUSE, new Uint8Array(0), short) === REFUSED);
  report("a-refusal-has-words", call(CALL.REFUSE, new Uint8Array(0), words) === (REFUSED | (16 << 16)));
}

function checkPointers(board: string): void {
  const { secret, ramStart, ramEnd } = PLACES[board] as Places;
  const good = memory();
  const other = good + LIMIT;
  const bad: Record<string, readonly [request: number, length: number, reply: number, capacity: number]> = {
    "null-request": [0, 16, other, LIMIT],
    "null-reply": [good, 16, 0, 16],
    "wrapping-request": [MAXIMUM - 7, 16, other, LIMIT],
    "wrapping-reply": [good, 16, MAXIMUM - 7, 16],
    "last-byte-request": [MAXIMUM, 1, other, LIMIT],
    "huge-request": [good, LIMIT + 1, other, LIMIT],
    "huge-reply": [good, 16, other, LIMIT + 1],
    "largest-request": [good, MAXIMUM, other, LIMIT],
    "largest-reply": [good, 16, other, MAXIMUM],
    "negative-length": [good, 0x8000_0000, other, LIMIT],
    "request-before-the-start": [ramStart - 1, 16, other, LIMIT],
    "reply-before-the-start": [good, 16, ramStart - 1, 16],
    "request-beyond-the-end": [ramEnd - 15, 16, other, LIMIT],
    "reply-beyond-the-end": [good, 16, ramEnd - 15, 16],
    "overlap-from-below": [good, 32, good + 31, 64],
    "overlap-from-above": [good + 31, 32, good, 32],
    "overlap-inside": [good, 64, good + 16, 16],
    "overlap-same": [good, 16, good, 16],
  };
  for (const name of Object.keys(secret)) {
    const address = secret[name] as number;
    bad[`request-in-${name}`] = [address, 16, other, LIMIT];
    bad[`reply-in-${name}`] = [good, 16, address, 16];
  }
  fillMemory();
  for (const name of Object.keys(bad)) {
    const [request, length, reply, capacity] = bad[name] as (typeof bad)[string];
    const result = rawCall(CALL.ECHO, request, length, reply, capacity);
    const changed = changedBytes();
    report(`refused-${name}`, result === CALLER_MEMORY && changed === 0, `result=${result} changed=${changed}`);
  }
  report("touching-buffers-are-no-overlap", rawCall(CALL.ECHO, good, 16, good + 16, 16) === 16 << 16);
  report("odd-addresses-are-served", rawCall(CALL.ECHO, good + 1, 33, other + 3, 33) === 33 << 16);
  report("addresses-of-nothing-are-not-looked-at", rawCall(CALL.ECHO, MAXIMUM, 0, 0, 0) === 0);
}

function checkReach(board: string): void {
  const { secret } = PLACES[board] as Places;
  for (const name of Object.keys(secret)) {
    const address = secret[name] as number;
    const reached = [READ, WRITE, EXECUTE].filter((how) => !isOutOfReach(address, how));
    report(`out-of-reach-${name}`, reached.length === 0, reached.join());
  }
  report("what-is-ours-is-in-reach", !isOutOfReach(memory(), READ) && !isOutOfReach(memory(), WRITE));
}

/** Called once by C. */
export default function main(): void {
  const board = config.board.name;
  checkCalls();
  checkPointers(board);
  checkReach(board);
  for (let index = 0; index < trialCount(); index++) report(trialName(index), trial(index));
  call(CALL.HANG, new Uint8Array(0), new Uint8Array(0));
  hang();
}
