/**
 * A runtime in an attacker's hands, on the product's own boot ROM and root of trust. It does the attack that the storage partition
 * names; the host judges what came of it.
 */
import { write } from "native:console";
import { read } from "native:memory";
import { open, read32, write32 } from "native:registers";
import { call } from "native:root";
import { isOutOfReach, memory, trial, trialCount, trialName } from "native:world-trial";
import config from "mc/config";
import { RootCallError } from "../../../firmware/root-of-trust/root-call-error.ts";
import { RootOfTrust } from "../../../firmware/root-of-trust/root-of-trust.ts";
import { toHex } from "../../../protocol/image/bytes.ts";

const LINE_LIMIT = 2048;
const REPLY_LIMIT = 4096;
const READ = 0;
const WRITE = 1;
const EXECUTE = 2;
/** Numbers of the calls that would end this start, or erase a slot at each try. */
const LEFT_OUT: readonly number[] = Object.freeze([7, 19, 20]);
const CALLS = 400;
const HIGHEST_CALL = 24;
/** The host hides the secret that it lets us look for, so that what is found in our memory is not what it gave us. */
const MASK = 0xa5;
const WINDOW = Object.freeze({ read32, write32 });

/** Called once by C. */
export default function main(): void {
  const root = new RootOfTrust(call);
  root.feedWatchdog(120_000);
  const [command = "", ...words] = commandLine().split(" ");
  switch (command) {
    case "reach":
      reach(words);
      break;
    case "ask":
      ask(words[0] ?? "", Number(words[1]));
      break;
    case "attest":
      attest(root);
      break;
    case "hang":
      root.feedWatchdog(1000);
      for (;;);
    case "erase":
      erase(root);
      break;
    case "brick":
      brick(root);
      break;
    default:
      tellState(root);
  }
  write("test done\r\n");
  // A board turns itself off when its program is over, and the host wants to look into its memory.
  if (words.includes("stay")) for (;;);
}

/** Reads, writes and executes at each address, with all own protection off, and tries what only machine code can. */
function reach(words: readonly string[]): void {
  for (const word of words) {
    const address = Number(word);
    const reached = [READ, WRITE, EXECUTE].filter((how) => !isOutOfReach(address, how));
    write(`reach ${word} ${reached.length === 0 ? "none" : reached.join()}\r\n`);
  }
  write(`reach own ${[READ, WRITE, EXECUTE].filter((how) => !isOutOfReach(memory(), how)).join()}\r\n`);
  for (let index = 0; index < trialCount(); index += 1) {
    write(`trial ${trialName(index)} ${trial(index) ? "withstood" : "broken"}\r\n`);
  }
}

/** Asks for anything, and looks for the secret in all that comes back. */
function ask(hidden: string, seed: number): void {
  let state = seed;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % limit;
  };
  const reply = new Uint8Array(REPLY_LIMIT);
  let answered = 0;
  let found = 0;
  for (let round = 0; round < CALLS; round += 1) {
    const number = next(HIGHEST_CALL);
    if (LEFT_OUT.includes(number)) continue;
    const request = new Uint8Array(next(4) === 0 ? next(200) : ([0, 1, 4, 32, 48, 64][next(6)] ?? 0));
    for (let index = 0; index < request.length; index += 1) request[index] = next(256);
    const result = call(number, request, reply);
    if ((result & 0xff) === 0) answered += 1;
    if (holds(reply, result >>> 16, hidden)) found += 1;
  }
  write(`asked answered=${answered} found=${found}\r\n`);
}

function holds(bytes: Uint8Array, length: number, hidden: string): boolean {
  const byteLength = hidden.length / 2;
  for (let start = 0; start + byteLength <= length; start += 1) {
    let index = 0;
    while (index < byteLength) {
      const wanted = Number.parseInt(hidden.slice(2 * index, 2 * index + 2), 16) ^ MASK;
      if (bytes[start + index] !== wanted) break;
      index += 1;
    }
    if (index === byteLength) return true;
  }
  return false;
}

function attest(root: RootOfTrust): void {
  const { identityKey, certificates } = root.identity();
  const evidence = root.attest(new Uint8Array(32).fill(7));
  const chain = certificates.map(toHex).join();
  write(`evidence ${toHex(identityKey)} ${toHex(root.operationalKey())} ${chain} ${toHex(evidence)}\r\n`);
}

/** Says that everything was delivered, then floods the log with failures of its own. */
function erase(root: RootOfTrust): void {
  for (let round = 0; round < 3; round += 1) {
    root.logAcknowledge(0xffff_ffff);
    for (let number = 0; number < 60; number += 1) {
      // Two byte strings in an array: what fails is another thing each time.
      const report = Uint8Array.of(0x82, 0x42, round, number, 0x41, number);
      try {
        root.logAppend(report);
      } catch (error) {
        if (!(error instanceof RootCallError)) throw error;
      }
    }
  }
}

/** Leaves everything that it can reach half done. */
function brick(root: RootOfTrust): void {
  attempt(() => root.select(0, "b"));
  attempt(() => root.select(1, "b"));
  attempt(() => {
    const due = root.updateBegin(1, 300_000);
    root.updateWrite(due, new Uint8Array(2048).fill(0x3d));
  });
  attempt(() => root.updateFinish());
  attempt(() => {
    root.updateBegin(0, 300_000);
    root.updateWrite(0, new Uint8Array(2048).fill(0xb8));
  });
  attempt(() => root.select(0, "b"));
  attempt(() => root.confirm());
  const device = config.board.devices["flash-storage"];
  if (device === undefined) throw new RangeError("board.json: expected a device flash-storage, found none");
  const flash = open(WINDOW, device.base, device.byteLength);
  for (const command of [0x0020_0020, 0x0070_0070, 0x0098_0098, 0x00e8_00e8]) flash.write32(0x40000, command);
  write("left half done\r\n");
}

function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof RootCallError)) throw error;
    write(`refused ${error.call} ${error.code} ${error.detail}\r\n`);
  }
}

function tellState(root: RootOfTrust): void {
  const { bootCount, images } = root.state();
  images.forEach(({ running, securityCounter }, image) => {
    write(`state image=${image} slot=${running?.slot} kind=${running?.kind} counter=${securityCounter}\r\n`);
  });
  write(`state boots=${bootCount}\r\n`);
}

function commandLine(): string {
  const { storage } = config.board.partitions;
  if (storage === undefined) throw new RangeError("board.json: expected a partition storage, found none");
  const bytes = new Uint8Array(read(storage.base, LINE_LIMIT));
  let line = "";
  for (const byte of bytes) {
    if (byte === 0x0a || byte === 0xff) break;
    line += String.fromCharCode(byte);
  }
  return line;
}
