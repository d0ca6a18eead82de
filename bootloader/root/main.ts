/**
 * The root of trust: chooses and verifies the runtime, starts it where it can reach nothing of what is kept here, and answers its
 * calls until the board is reset.
 */
import { read, write } from "native:console";
import { instructions, powerOff, reset, uncount } from "native:cpu";
import {
  callNumber,
  collect,
  faultAddress,
  faultCause,
  reply,
  request,
  resume,
  startRuntime,
  watchdogArm,
} from "native:monitor";
import { dispatch } from "../calls/dispatch.ts";
import type { RootServices } from "../calls/services.ts";
import { answerConsole, type ConsoleEnd } from "../console/console-server.ts";
import { ConsoleSession } from "../console/console-session.ts";
import type { ResetReason } from "../log/reset-reason.ts";
import { startImage } from "../slots/start-image.ts";
import { say, sayOutcome, sayRefusedLaunch, sayStart } from "../stage/console-report.ts";
import { RootOfTrust, TRY_LIMIT, uptime } from "./root-of-trust.ts";

const EXIT_STOPPED = 1;
/** The runtime must feed the watchdog for the first time within this, in milliseconds. */
const FIRST_FEED = 60_000;

/** Why the runtime stopped, as `native:monitor` numbers it. */
const CALL = 1;
const WATCHDOG = 2;

/** Called once by C. Never returns. */
export default function main(): never {
  sayStart("root");
  const root = new RootOfTrust();
  const { self, runtimes, counters } = root;
  const outcome = startImage(runtimes.pair, counters, runtimes.verifier, {
    tryLimit: TRY_LIMIT,
    isBaseConfirmed: self.isConfirmed,
    minimumVersion: root.minimumRuntime,
  });
  sayOutcome("root", outcome);
  const { started } = outcome;
  if (started === undefined) {
    // A root of trust on trial that starts nothing is not the one to keep: the next boot goes back to its predecessor.
    if (self.kind === "test") return resetBoard(root, "update");
    say("root", "stopped code=no-image");
    return powerOff(EXIT_STOPPED);
  }
  const services = root.serve(started, {
    reset: (reason) => resetBoard(root, reason === "failure" ? "fault" : reason),
    powerOff,
  });
  // An image on trial has one try, which a session that ends in a reset would cost it.
  if (self.kind !== "test" && started.kind !== "test") serve(root, services);
  waitFor(root.earliestStart);
  const { headerByteLength, payloadByteLength } = started.checked.verified.header;
  try {
    startRuntime(runtimes.trust.runAddress[started.slot] + headerByteLength, payloadByteLength, new Uint8Array(0));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    sayRefusedLaunch("root", error);
    return powerOff(EXIT_STOPPED);
  }
  watchdogArm(FIRST_FEED);
  let hasFaulted = false;
  for (;;) {
    const stop = resume();
    // Recorded before the runtime can say anything of it, and once: a hostile one could fault for ever.
    if (!hasFaulted && faultCause() !== 0) {
      hasFaulted = true;
      root.report({ kind: "memory-fault", address: faultAddress(), region: "runtime" });
    }
    if (stop === CALL) {
      const answer = dispatch(callNumber(), new Uint8Array(request()), services);
      reply(answer.status, answer.reply);
    } else if (stop === WATCHDOG) {
      root.report({ kind: "watchdog" });
      return resetBoard(root, "watchdog");
    } else {
      return resetBoard(root, "fault");
    }
  }
}

/** The console, for a host that has asked already. */
function serve(root: RootOfTrust, services: RootServices): void {
  const session = ConsoleSession.open({ read, write, collect, uptime });
  if (session === undefined) return;
  let end: ConsoleEnd | undefined;
  for (let request = session.next(); request !== undefined && end === undefined; ) {
    const answer = answerConsole(request, services, root.lifecycle);
    if (answer !== undefined) session.send(answer);
    end = answer?.end;
    request = end === undefined ? session.next() : undefined;
  }
  say("root", `console end=${end ?? "idle"}`);
  // No reason is left in the log: to whoever has the console, this is the power switch.
  if (end === "reset") reset();
}

/** Makes resets that follow each other slow, for they wear flash. */
function waitFor(milliseconds: number): void {
  if (uptime() >= milliseconds) return;
  say("root", `wait milliseconds=${milliseconds}`);
  const since = instructions();
  while (uptime() < milliseconds);
  uncount(since);
}

function resetBoard(root: RootOfTrust, reason: ResetReason): never {
  root.prepareReset(reason);
  say("root", `reset cause=${reason}`);
  return reset();
}
