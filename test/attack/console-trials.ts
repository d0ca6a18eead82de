/** What a stranger can do at the console of the root of trust, on Node; what gets through is told. */
import { answerConsole } from "../../bootloader/console/console-server.ts";
import { ConsoleSession } from "../../bootloader/console/console-session.ts";
import type { CapabilityControl } from "../../bootloader/lifecycle/capability-control.ts";
import { makeCapabilityFile } from "../../host-tools/capability/capability-file.ts";
import { trustedKey } from "../../host-tools/keys/key-file.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import type { Capability, Grant } from "../../protocol/capability/capability.ts";
import { decodeCbor } from "../../protocol/cbor/decode.ts";
import { type CborEntry, CborMap } from "../../protocol/cbor/values.ts";
import { FrameReader, writeFrames } from "../../protocol/smp/frame.ts";
import { readSmpMessage, writeSmpMessage } from "../../protocol/smp/message.ts";
import { CallsDevice } from "./calls-device.ts";

const owner = testKey("ecdsa-p256");
const NONCE = new Uint8Array(32).fill(0x6e);
/** Errors as numbers, everything else as words. */
export type Outcome = number | "answered" | "silence";

/** A device whose console is asked. */
export class ConsoleTrial {
  readonly device: CallsDevice;
  constructor(lifecycle: "provisioned" | "secured" = "secured") {
    this.device = new CallsDevice({ lifecycle, capabilityKeys: [trustedKey(owner)] });
  }

  /** The answer to a message. */
  answer(message: Uint8Array) {
    const { services } = this.device;
    return answerConsole(message, services, services.lifecycle as CapabilityControl);
  }

  /** The map of an answer. */
  ask(operation: number, group: number, command: number, entries: readonly CborEntry[] = []): CborMap | undefined {
    const answer = this.answer(writeSmpMessage({ version: 1, operation, group, sequence: 1, command }, entries));
    const message = answer === undefined ? undefined : readSmpMessage(answer.message);
    return message === undefined ? undefined : (decodeCbor(message.body, { limits: { byteLength: 8192 } }) as CborMap);
  }

  outcome(operation: number, group: number, command: number, entries?: readonly CborEntry[]): Outcome {
    const answer = this.ask(operation, group, command, entries);
    if (answer === undefined) return "silence";
    const code = answer.get("rc");
    if (typeof code === "number") return code;
    const error = answer.get("err");
    return error instanceof CborMap ? 1000 + (error.get("rc") as number) : "answered";
  }

  file(change: Partial<Capability> = {}): Uint8Array {
    const { deviceId } = this.device.attested.identity;
    const content = { deviceId, grants: ["console"] as readonly Grant[], sequence: 5, use: "one-boot" as const };
    return makeCapabilityFile({ ...content, notAfterBoot: undefined, ...change }, owner);
  }

  /** Presents a file. */
  present(file: Uint8Array): Outcome {
    return this.outcome(2, 64, 21, [["capability", file]]);
  }
}

/** Commands that tell or do more than who the device is; operation, group, command, fields. */
export const CLOSED: readonly (readonly [string, number, number, number, readonly CborEntry[]])[] = [
  ["state", 0, 64, 12, []],
  ["measurements", 0, 64, 13, []],
  ["log", 0, 64, 15, [["after", 0]]],
  ["lifecycle to secured", 2, 64, 32, [["to", "secured"]]],
  ["lifecycle to decommissioned", 2, 64, 32, [["to", "decommissioned"]]],
];

/** Commands for everybody. */
export const IDENTITY: typeof CLOSED = [
  ["identity", 0, 64, 1, []],
  ["attest", 0, 64, 2, [["nonce", NONCE]]],
  ["operational key", 0, 64, 3, []],
  ["lifecycle", 0, 64, 32, []],
  ["echo", 2, 0, 0, [["d", "x"]]],
  ["parameters", 0, 0, 6, []],
];

/** Attack 1g. @returns what a secured device without capability file tells or does beyond its identity */
export function successfulAttacks(): readonly string[] {
  const successes: string[] = [];
  const trial = new ConsoleTrial();
  for (const [name, operation, group, command, entries] of CLOSED) {
    const outcome = trial.outcome(operation, group, command, entries);
    if (outcome !== 11) successes.push(`${name}: ${outcome}`);
  }
  // Every command of every group, in both operations, with no field and with one.
  const known = new Set(IDENTITY.map(([, operation, group, command]) => `${operation} ${group} ${command}`));
  const refused: readonly Outcome[] = [3, 8, 11];
  for (const group of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 63, 64, 65, 0xffff]) {
    for (let command = 0; command < 256; command += 1) {
      for (const operation of [0, 2]) {
        const leaves = operation === 2 && ((group === 0 && command === 5) || (group === 64 && command === 33));
        if (known.has(`${operation} ${group} ${command}`) || leaves) continue;
        const outcome = trial.outcome(operation, group, command);
        if (!refused.includes(outcome)) successes.push(`${operation} ${group} ${command}: ${outcome}`);
      }
    }
  }
  const foreign = trial.file({ deviceId: new Uint8Array(32) });
  const changed = trial.file();
  changed[45 + 38] = 0;
  for (const file of [foreign, changed, new Uint8Array(512), new Uint8Array(0)]) {
    const outcome = trial.present(file);
    if (outcome === "answered") successes.push("a file that is not for this device");
    if (trial.outcome(0, 64, 12) !== 11) successes.push("state after such a file");
  }
  trial.present(trial.file());
  trial.device.boot();
  if (trial.outcome(0, 64, 12) !== 11) successes.push("state in the boot after a file for one boot");
  successes.push(...heldSessions());
  if (trial.device.mistakes.length > 0) successes.push("a mistake of the root of trust");
  return successes;
}

/** What a wire can bring that is no request. */
export const HOSTILE: readonly (readonly [string, Uint8Array])[] = [
  ["noise", new Uint8Array(20_000).map((_, index) => (index * 167 + (index >> 5)) & 0xff)],
  ["markers", new Uint8Array(20_000).map((_, index) => [6, 9, 4, 0x14][index & 3] as number)],
  ["a line without end", Uint8Array.of(6, 9, ...new Uint8Array(20_000).fill(0x41))],
  ["a huge length", Buffer.from(`\x06\x09${"/".repeat(20_000)}\n`)],
  ["a wrong CRC", wire(2, 0, 0, [["d", "x"]]).map((byte, index) => (index === 20 ? byte ^ 1 : byte))],
  ["a message of one byte", frames(Uint8Array.of(8))],
  ["a length that is not the message's", frames(Uint8Array.of(0x0a, 0, 0xff, 0xff, 0, 0, 1, 0))],
];

/** Requests that are whole and cannot be answered but with an error: header, then a body. */
export const HOSTILE_BODIES: readonly (readonly [string, Uint8Array])[] = [
  ["deep CBOR", new Uint8Array(1000).fill(0x81)],
  ["a map of 2^32 entries", Uint8Array.of(0xba, 0xff, 0xff, 0xff, 0xff)],
  ["a byte string of 2^32 bytes", Uint8Array.of(0xa1, 0x61, 0x64, 0x5a, 0xff, 0xff, 0xff, 0xff)],
  ["an indefinite map", Uint8Array.of(0xbf, 0xff)],
  ["a number", Uint8Array.of(1)],
  ["no CBOR", Uint8Array.of(0xff)],
  ["many entries", Uint8Array.of(0xb1, ...Array.from({ length: 17 }, (_, index) => [index, 0]).flat())],
];

/** A request with any body. */
export function rawRequest(command: number, body: Uint8Array): Uint8Array {
  return Uint8Array.of(0x0a, 0, body.length >> 8, body.length & 0xff, 0, 64, 3, command, ...body);
}

/** Streams that keep the device from booting, or that make its console throw. */
function heldSessions(): readonly string[] {
  const held: string[] = [];
  const trial = new ConsoleTrial();
  for (const [name, stream] of HOSTILE) {
    const endless = new Uint8Array(200_000).map((_, index) => stream[index % stream.length] as number);
    for (const bytes of [stream, endless]) {
      try {
        const { end, milliseconds } = session(trial, bytes);
        if (end !== "idle" || milliseconds > 1_100) held.push(`${name}: ${end} after ${milliseconds} ms`);
      } catch (error) {
        held.push(`${name}: ${String(error)}`);
      }
    }
  }
  for (const [name, body] of HOSTILE_BODIES) {
    const answer = trial.answer(rawRequest(21, body));
    if (answer === undefined || answer.end !== undefined) held.push(name);
  }
  return held;
}

/** A session over a port that has `stream` waiting; a millisecond passes with each look at the clock. */
export function session(trial: ConsoleTrial, stream: Uint8Array, step = 1) {
  let at = 0;
  let now = 0;
  const reader = new FrameReader(8192);
  const answers: Uint8Array[] = [];
  const port = {
    read: () => (at < stream.length ? (stream[at++] as number) : -1),
    write: (bytes: Uint8Array) => {
      for (const byte of bytes) {
        const message = reader.push(byte);
        if (message !== undefined) answers.push(message.slice());
      }
    },
    collect: () => {},
    uptime: () => {
      now += step;
      return now;
    },
  };
  const open = ConsoleSession.open(port);
  let end: string | undefined = open === undefined ? undefined : "idle";
  for (let request = open?.next(); request !== undefined; request = open?.next()) {
    const answer = trial.answer(request);
    if (answer !== undefined) open?.send(answer);
    if (answer?.end === undefined) continue;
    end = answer.end;
    break;
  }
  return { end, answers, milliseconds: now, read: at };
}

/** A request as bytes on the wire. */
export function wire(
  operation: number,
  group: number,
  command: number,
  entries: readonly CborEntry[] = [],
): Uint8Array {
  return frames(writeSmpMessage({ version: 1, operation, group, sequence: 9, command }, entries));
}

/** Any message as bytes on the wire. */
export function frames(message: Uint8Array): Uint8Array {
  const lines: Uint8Array[] = [];
  writeFrames(message, (line) => lines.push(line));
  return Buffer.concat(lines);
}
