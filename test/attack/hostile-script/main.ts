/**
 * A runtime in an attacker's hands that does what the host tells it, step by step, with every right that a runtime has on its board;
 * steps lie in storage. It says what came of each, and the host judges.
 */
import { write as say } from "native:console";
import * as hostile from "native:hostile";
import { read } from "native:memory";
import { call } from "native:root";
import config from "mc/config";
import { STEP, STEP_WORDS } from "./step.ts";

const REPLY_LIMIT = 4096;
const FEED_CALL = 18;
/** Two minutes, little endian. */
const LONGEST_FEED = Object.freeze([0xc0, 0xd4, 0x01, 0x00]);

/** Called once by C. */
export default function main(): void {
  call(FEED_CALL, Uint8Array.from(LONGEST_FEED), new Uint8Array(REPLY_LIMIT));
  say(`at memory=${hostile.memory()} text=${hostile.text()}\r\n`);
  const { storage } = config.board.partitions;
  if (storage === undefined) throw new RangeError("board.json: expected a partition storage, found none");
  let at = storage.base;
  for (let number = 0; ; number += 1) {
    const head = new DataView(read(at, 4 * STEP_WORDS));
    const [what = 0, a = 0, b = 0, c = 0, d = 0, byteLength = 0] = [0, 1, 2, 3, 4, 5].map((index) =>
      head.getUint32(4 * index, true),
    );
    const bytes = read(at + 4 * STEP_WORDS, byteLength);
    at += 4 * STEP_WORDS + 4 * Math.ceil(byteLength / 4);
    if (what === STEP.end) break;
    const { text, found } = act(what, [a, b, c, d], bytes);
    say(`step ${number} ${text}`);
    if (found !== undefined) sayBytes(found);
    say("\r\n");
  }
  say("test done\r\n");
  for (;;);
}

/** What came of a step: words for the host, and bytes that the attacker got. */
interface Gain {
  readonly text: string;
  readonly found?: Uint8Array | undefined;
}

function act(what: number, [a, b, c, d]: readonly [number, number, number, number], bytes: ArrayBuffer): Gain {
  switch (what) {
    case STEP.read: {
      const found = hostile.read(a, b);
      return found === undefined ? { text: "fault" } : { text: "", found: new Uint8Array(found) };
    }
    case STEP.write:
      return { text: hostile.write(a, bytes) ? "ok" : "fault" };
    case STEP.execute:
      return returned(hostile.execute(a, b === 1));
    case STEP.call:
      return called(a, new Uint8Array(bytes));
    case STEP.rawCall: {
      const words = new DataView(bytes);
      const [number = 0, request = 0, length = 0, target = 0, capacity = 0] = [0, 1, 2, 3, 4].map((index) =>
        words.getUint32(4 * index, true),
      );
      const result = hostile.rawCall(number, request, length, target, capacity);
      return { text: `${result & 0xff} ${result >>> 16}` };
    }
    case STEP.sweep:
      return { text: "", found: new Uint8Array(hostile.sweep(a, b, c)) };
    case STEP.scribble:
      return { text: `${hostile.scribble(a, b, c, d)}` };
    case STEP.controlRegisters:
      return { text: registers(new Uint8Array(hostile.controlRegisters())) };
    case STEP.machineCode:
      hostile.write(hostile.memory(), bytes);
      return returned(hostile.execute(hostile.memory(), a === 1));
    case STEP.loop:
      for (;;);
    default:
      return { text: "unknown" };
  }
}

function called(number: number, request: Uint8Array): Gain {
  const reply = new Uint8Array(REPLY_LIMIT);
  const result = call(number, request, reply);
  return { text: `${result & 0xff} `, found: reply.subarray(0, result >>> 16) };
}

function returned(value: number | undefined): Gain {
  return { text: value === undefined ? "fault" : `${value}` };
}

/** The registers that answered, as `number:access`. */
function registers(access: Uint8Array): string {
  let text = "";
  for (let number = 0; number < access.length; number += 1) {
    if (access[number] !== 0) text += `${text === "" ? "" : ","}${number}:${access[number]}`;
  }
  return text;
}

const DIGITS = "0123456789abcdef";
const PIECE = 16;

/** In pieces: the text of 4 KiB would not fit into the memory of virt-rv32 beside everything else. */
function sayBytes(bytes: Uint8Array): void {
  for (let start = 0; start < bytes.length; start += PIECE) {
    let text = "";
    for (let index = start; index < Math.min(start + PIECE, bytes.length); index += 1) {
      const byte = bytes[index] as number;
      text += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15);
    }
    say(text);
  }
}
