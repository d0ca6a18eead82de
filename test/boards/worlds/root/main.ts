/** The test's root of trust: starts the runtime in slot A, serves simple calls, and watches it hang. */
import { write } from "native:console";
import { powerOff, reset, takeHandOver } from "native:cpu";
import { callNumber, reply, request, resume, startRuntime, watchdogArm } from "native:monitor";
import { arithmetic, CALL, REFUSED } from "../calls.ts";
import { loadSlot } from "../image.ts";

const HAND_OVER_BYTE_LENGTH = 2000;
const RUNTIME_HAND_OVER_BYTE_LENGTH = 192;
const STOP_CALL = 1;
const STOP_WATCHDOG = 2;
/** The first ends a loop, the others a sleep. */
const WATCH_MILLISECONDS = 5;
const WATCHES = 3;
const LONG = 16;

function report(name: string, passed: boolean): void {
  write(`test ${passed ? "pass" : "fail"} ${name}\r\n`);
}

function throws(action: () => unknown): boolean {
  try {
    action();
  } catch {
    return true;
  }
  return false;
}

function checkHandOver(): void {
  const bytes = takeHandOver();
  const data = new Uint8Array(bytes ?? new ArrayBuffer(0));
  report(
    "the-hand-over-arrives",
    data.length === HAND_OVER_BYTE_LENGTH && data.every((byte, index) => byte === ((index * 7) & 0xff)),
  );
  report("the-hand-over-is-erased", takeHandOver() === undefined);
}

function serve(number: number): void {
  switch (number) {
    case CALL.ECHO:
      reply(0, new Uint8Array(request()));
      return;
    case CALL.ARITHMETIC:
      reply(0, arithmetic());
      return;
    case CALL.FORGET:
      report("a-request-is-taken-once", !throws(request) && throws(request));
      return;
    case CALL.LONG_REPLY:
      report("a-long-reply-is-told", !reply(0, new Uint8Array(LONG)) && throws(() => reply(0, new Uint8Array(0))));
      return;
    case CALL.REFUSE:
      reply(REFUSED, new Uint8Array(LONG));
      return;
    case CALL.HANG:
      watchdogArm(WATCH_MILLISECONDS);
      reply(0, new Uint8Array(0));
      return;
    case CALL.RESET:
      write("holdfast root reset cause=requested\r\n");
      reset();
      break;
    case CALL.POWER_OFF:
      powerOff(new Uint8Array(request())[0] ?? 0);
      break;
    default:
      reply(1, new Uint8Array(0));
  }
}

/** Called once by C. */
export default function main(): void {
  checkHandOver();
  report("no-call-before-the-start", throws(resume) && throws(callNumber) && throws(request));
  const { payload, payloadByteLength } = loadSlot("runtime-a");
  const data = new Uint8Array(RUNTIME_HAND_OVER_BYTE_LENGTH).fill(0xa5);
  report(
    "a-payload-beside-its-place-is-refused",
    throws(() => startRuntime(payload + 4, payloadByteLength, data)),
  );
  startRuntime(payload, payloadByteLength, data);
  report(
    "there-is-one-start",
    throws(() => startRuntime(payload, payloadByteLength, data)),
  );
  let watches = 0;
  for (;;) {
    const stop = resume();
    if (stop === STOP_CALL) serve(callNumber());
    else if (stop === STOP_WATCHDOG) {
      watches++;
      report(`watchdog-fires-${watches}`, throws(callNumber));
      if (watches === WATCHES) break;
      watchdogArm(WATCH_MILLISECONDS * (watches + 1));
    } else break;
  }
  write("test done\r\n");
  powerOff(0);
}
