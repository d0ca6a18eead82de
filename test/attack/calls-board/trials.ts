/** Every call of the root of trust, made by a runtime on a board: what is due, and what a hostile runtime would rather have. */
import { instructions } from "native:cpu";
import { call } from "native:root";
import { RootCallError } from "../../../firmware/root-of-trust/root-call-error.ts";
import type { RootOfTrust } from "../../../firmware/root-of-trust/root-of-trust.ts";
import { encodeFailureReport } from "../../../protocol/failure/report.ts";
import { ROOT_CALLS } from "../../../protocol/root-calls/calls.ts";
import type { RootState } from "../../../protocol/root-calls/state.ts";
import { statusOf } from "../../../protocol/root-calls/status.ts";
import { expectBytes, expectSame, type Trials } from "../../boards/drivers/trial.ts";

const NONCE_FILL = 0x6e;
const DIGEST_FILL = 0xd1;
const MESSAGE_LIMIT = 4096;
const KNOWN_STATUSES = 21;
const STORM = 300;

function hex(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 1)
    text += ((bytes[index] as number) + 0x100).toString(16).slice(1);
  return text;
}

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** Throws unless the root of trust refuses. */
function refuses(code: string, detail: string, action: () => unknown): undefined {
  try {
    action();
  } catch (error) {
    if (!(error instanceof RootCallError)) throw error;
    expectSame(`${error.code} ${error.detail}`, `${code} ${detail}`, error.call);
    return undefined;
  }
  throw new Error(`expected ${code}, found no error`);
}

function report(code: number): Uint8Array {
  return encodeFailureReport({
    component: new Uint8Array(16),
    image: new Uint8Array(32),
    build: new Uint8Array(0),
    cause: { kind: "exit", code },
    heap: undefined,
    log: [],
  });
}

/** In the first boot of a new device. */
export function firstTrials(root: RootOfTrust): Trials {
  return [
    ["identity", () => identity(root)],
    ["evidence", () => hex(root.attest(filled(32, NONCE_FILL)))],
    ["operational-key", () => `${hex(root.operationalKey())} ${hex(root.signOperational(filled(32, DIGEST_FILL)))}`],
    ["nonces-have-a-length", () => refuses("request-value", "nonce", () => root.attest(new Uint8Array(40)))],
    ["sealed-data-comes-back", () => sealing(root)],
    ["random-bytes-differ", () => random(root)],
    ["state", () => state(root.state())],
    ["measurements", () => measurements(root)],
    ["update-of-nonsense", () => nonsense(root)],
    [
      "no-selection-without-confirmation",
      () => refuses("slot-unconfirmed", "slot-unconfirmed", () => root.select(1, "b")),
    ],
    ["confirm", () => confirm(root)],
    [
      "capability-of-nonsense",
      () => refuses("capability-refused", "format", () => root.applyCapability(filled(99, 1))),
    ],
    ["crash-log", () => crashLog(root)],
    ["log-storm", () => logStorm(root)],
    ["watchdog-is-never-off", () => watchdogBounds()],
    ["calls-at-random", () => callsAtRandom()],
    ["costs", () => costs(root)],
  ];
}

/** After the reset that the first boot asked for. */
export function secondTrials(root: RootOfTrust): Trials {
  return [
    ["reset-was-requested", () => resetReason(root, "requested")],
    ["crash-log-is-kept", () => firstRecord(root)],
  ];
}

/** After the watchdog ended the second. */
export function thirdTrials(root: RootOfTrust): Trials {
  return [
    ["reset-was-the-watchdog", () => resetReason(root, "watchdog")],
    ["watchdog-was-recorded", () => watchdogRecord(root)],
  ];
}

function confirm(root: RootOfTrust): undefined {
  root.confirm();
}

function resetReason(root: RootOfTrust, reason: string): undefined {
  expectSame(root.state().resetReason, reason, "reset reason");
}

function firstRecord(root: RootOfTrust): undefined {
  expectSame(root.logRead(0)?.sequence, 1, "sequence");
}

function identity(root: RootOfTrust): string {
  const { deviceId, identityKey, certificates } = root.identity();
  return [deviceId, identityKey, ...certificates].map(hex).join(" ");
}

function sealing(root: RootOfTrust): undefined {
  const plain = filled(1024, 0x5e);
  const sealed = root.seal(plain);
  expectBytes(root.unseal(sealed), plain, "unsealed data");
  sealed[100] = (sealed[100] as number) ^ 1;
  refuses("sealed-data", "not-authentic", () => root.unseal(sealed));
}

function random(root: RootOfTrust): undefined {
  const first = new Uint8Array(2000);
  const second = new Uint8Array(2000);
  root.random(first);
  root.random(second);
  let same = 0;
  for (let index = 0; index < first.length; index += 1) if (first[index] === second[index]) same += 1;
  // One byte in 256 is equal by chance.
  if (same > 60) throw new Error(`expected other bytes, found ${same} of 2000 equal`);
}

function state({ bootCount, resetReason, images }: RootState): undefined {
  expectSame(bootCount, 1, "boot count");
  expectSame(resetReason, "power-on", "reset reason");
  for (const image of images) {
    expectSame(image.running?.slot, "a", "slot");
    expectSame(image.running?.kind, "confirmed", "kind");
    expectSame(image.a.class, "confirmed", "class of slot a");
  }
}

function measurements(root: RootOfTrust): string {
  return root
    .measurements()
    .map(({ type, value }) => `${type}=${hex(value)}`)
    .join(" ");
}

function nonsense(root: RootOfTrust): undefined {
  expectSame(root.updateBegin(1, 3000), 0, "offset");
  expectSame(root.updateWrite(32, filled(32, 1)), 0, "offset after a write too far");
  expectSame(root.updateWrite(0, filled(3000, 1)), 2048, "offset after as many as one call takes");
  expectSame(root.updateWrite(2048, filled(952, 1)), 3000, "offset after all bytes");
  refuses("image-refused", "image-magic", () => root.updateFinish());
  refuses("upload-order", "upload-order", () => root.updateFinish());
  refuses("upload-length", "upload-length", () => root.updateBegin(1, 0x7fffffff));
}

function crashLog(root: RootOfTrust): undefined {
  refuses("record-refused", "field-type", () => root.logAppend(filled(1, 0)));
  const sequence = root.logAppend(report(1));
  expectSame(root.logRead(0)?.sequence, sequence, "sequence");
  expectSame(root.logRead(sequence), undefined, "record behind the last");
}

/** Each report is another failure. */
function logStorm(root: RootOfTrust): string {
  for (let code = 2; code < STORM; code += 1) {
    try {
      root.logAppend(report(code));
    } catch (error) {
      if (error instanceof RootCallError && error.detail === "log-storm") return `after ${code - 1}`;
      throw error;
    }
  }
  throw new Error(`expected an end below ${STORM} reports, found none`);
}

function watchdogRecord(root: RootOfTrust): string {
  for (let after = 0; ; ) {
    const found = root.logRead(after);
    if (found === undefined) throw new Error("expected a record of the root of trust, found none");
    // Key 4, reporter: 0 is the root of trust (docs/design/0013).
    for (let at = 0; at < 24; at += 1)
      if (found.record[at] === 4 && found.record[at + 1] === 0) return hex(found.record);
    after = found.sequence;
  }
}

/** 0 would switch it off. */
function watchdogBounds(): undefined {
  for (const milliseconds of [0, 999, 120_001]) {
    const request = Uint8Array.of(milliseconds, milliseconds >> 8, milliseconds >> 16, 0);
    const status = statusOf(call(ROOT_CALLS.feedWatchdog.number, request, new Uint8Array(64)) & 0xff);
    expectSame(status, "request-value", `status for ${milliseconds}`);
  }
}

/** Numbers and bytes at random: each is answered, and none ends anything. */
function callsAtRandom(): undefined {
  let seed = 0x2545f491;
  const next = (limit: number): number => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % limit;
  };
  const { reset, powerOff, updateBegin } = ROOT_CALLS;
  expectSame(call(0, new Uint8Array(MESSAGE_LIMIT), new Uint8Array(0)), 1, "status of a call that there is not");
  for (let count = 0; count < 200; count += 1) {
    const number = next(2) === 0 ? next(40) : next(0x8000);
    // These end the test, or take it too long.
    if (number === reset.number || number === powerOff.number || number === updateBegin.number) continue;
    const request = filled(next(8) === 0 ? next(MESSAGE_LIMIT) : next(70), next(256));
    const answer = call(number, request, new Uint8Array(MESSAGE_LIMIT));
    if ((answer & 0xff) >= KNOWN_STATUSES) throw new Error(`status ${answer & 0xff} of call ${number}`);
    expectSame(statusOf(answer & 0xff) === "internal", false, `a mistake in call ${number}`);
  }
}

function costs(root: RootOfTrust): string {
  const measured: readonly (readonly [string, () => unknown])[] = [
    ["attest", () => root.attest(filled(32, 1))],
    ["signOperational", () => root.signOperational(filled(32, 1))],
    ["seal", () => root.seal(filled(64, 1))],
    ["random", () => root.random(new Uint8Array(64))],
    ["state", () => root.state()],
    ["measurements", () => root.measurements()],
    ["feedWatchdog", () => root.feedWatchdog(60_000)],
  ];
  return measured
    .map(([name, action]) => {
      const before = instructions();
      action();
      return `${name}=${instructions() - before}`;
    })
    .join(" ");
}
