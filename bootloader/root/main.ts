/**
 * The root of trust: chooses and verifies the runtime, starts it where it can reach nothing of what is kept here, and answers its
 * calls until the board is reset.
 */
import { powerOff, reset } from "native:cpu";
import { callNumber, faultAddress, reply, request, resume, startRuntime, watchdogArm } from "native:monitor";
import type { FailureCause } from "../../protocol/failure/cause.ts";
import { dispatch } from "../calls/dispatch.ts";
import type { ResetReason } from "../log/reset-reason.ts";
import { startImage } from "../slots/start-image.ts";
import { say, sayOutcome, sayRefusedLaunch, sayStart } from "../stage/console-report.ts";
import { RootOfTrust, TRY_LIMIT } from "./root-of-trust.ts";

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
  const { headerByteLength, payloadByteLength } = started.checked.verified.header;
  try {
    startRuntime(runtimes.trust.runAddress[started.slot] + headerByteLength, payloadByteLength, new Uint8Array(0));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    sayRefusedLaunch("root", error);
    return powerOff(EXIT_STOPPED);
  }
  watchdogArm(FIRST_FEED);
  for (;;) {
    const stop = resume();
    if (stop === CALL) {
      const answer = dispatch(callNumber(), new Uint8Array(request()), services);
      reply(answer.status, answer.reply);
    } else if (stop === WATCHDOG) {
      fail(root, { kind: "watchdog" }, "watchdog");
    } else {
      fail(root, { kind: "memory-fault", address: faultAddress(), region: "runtime" }, "fault");
    }
  }
}

/** The runtime is beyond help: recorded, then reset. A runtime on test has used its try. */
function fail(root: RootOfTrust, cause: FailureCause, reason: ResetReason): never {
  root.report(cause);
  return resetBoard(root, reason);
}

function resetBoard(root: RootOfTrust, reason: ResetReason): never {
  root.prepareReset(reason);
  say("root", `reset cause=${reason}`);
  return reset();
}
