/** The runtime's client against the real calls of the root of trust. */
import { describe, expect, it } from "vitest";
import type { Timer } from "../../hal/interfaces/timer.ts";
import { hostIdentityPrimitives } from "../../host-tools/identity/crypto.ts";
import { decodeFailureRecord, decodeFailureReport } from "../../protocol/failure/decode.ts";
import { ROOT_CALLS, type RootCallName } from "../../protocol/root-calls/calls.ts";
import { statusNumber } from "../../protocol/root-calls/status.ts";
import { CallsDevice, IMAGES } from "../../test/attack/calls-device.ts";
import { decodeEvidencePayload } from "../../test/attack/calls-evidence.ts";
import { FailureReporter } from "./failure-reporter.ts";
import { describeRestart, FEED_PERIOD, feedFromLoop, HANG_LIMIT, isOnTest } from "./health.ts";
import { RootCallError } from "./root-call-error.ts";
import { type RootCall, RootOfTrust } from "./root-of-trust.ts";

/** A device's calls as `native:root` makes them: a reply that does not fit is none. */
function callOf(device: CallsDevice): RootCall {
  return (number, request, reply) => {
    const answer = device.raw(number, request);
    const fits = answer.reply.length <= reply.length;
    if (fits) reply.set(answer.reply);
    return (fits ? answer.status : statusNumber("reply-capacity")) | ((fits ? answer.reply.length : 0) << 16);
  };
}

function client(device = new CallsDevice()): { device: CallsDevice; root: RootOfTrust } {
  return { device, root: new RootOfTrust(callOf(device)) };
}

/** A root of trust that answers everything in one way. */
function answering(status: number, reply: readonly number[]): RootOfTrust {
  return new RootOfTrust((_number, _request, target) => {
    target.set(reply);
    return status | (reply.length << 16);
  });
}

const refusal = (code: string, detail = ""): unknown =>
  expect.objectContaining({ name: "RootCallError", code, detail });

describe("RootOfTrust", () => {
  it("makes every call of the table", () => {
    const { device } = client();
    const made = new Set<number>();
    const root = new RootOfTrust((number, request, reply) => {
      made.add(number);
      return callOf(device)(number, request, reply);
    });
    root.identity();
    expect(decodeEvidencePayload(root.attest(new Uint8Array(32).fill(7))).nonce).toEqual(new Uint8Array(32).fill(7));
    const digest = new Uint8Array(32).fill(1);
    expect(hostIdentityPrimitives.verifyP256(root.operationalKey(), digest, root.signOperational(digest))).toBe(true);
    expect(root.unseal(root.seal(Uint8Array.of(1, 2)))).toEqual(Uint8Array.of(1, 2));
    const { bytes } = IMAGES.runtimeNext;
    for (let offset = root.updateBegin(1, bytes.length); offset < bytes.length; ) {
      offset = root.updateWrite(offset, bytes.subarray(offset));
    }
    root.updateFinish();
    expect(() => root.select(1, "b")).toThrow(refusal("slot-unconfirmed", "slot-unconfirmed"));
    root.confirm();
    expect(root.state().images[1]?.b).toMatchObject({ class: "test" });
    expect(root.measurements().map(({ type }) => type)).toEqual(["root-of-trust", "runtime"]);
    expect(() => root.logAppend(Uint8Array.of(0))).toThrow(refusal("record-refused", "field-type"));
    expect(root.logRead(0)).toBeUndefined();
    root.logAcknowledge(1);
    root.random(new Uint8Array(3000));
    root.feedWatchdog(5000);
    root.reset("requested");
    root.powerOff(0);
    expect(() => root.applyCapability(Uint8Array.of(1))).toThrow(refusal("capability-refused", "format"));
    expect(made.size).toBe((Object.keys(ROOT_CALLS) as RootCallName[]).length);
  });

  it("gives a refusal as an error with code and detail", () => {
    const { root } = client();
    expect(() => root.updateFinish()).toThrow(refusal("upload-order", "upload-order"));
    expect(() => root.attest(new Uint8Array(40))).toThrow(refusal("request-value", "nonce"));
    expect(() => root.feedWatchdog(1)).toThrow(RangeError);
  });

  it("takes a status or a reply that it does not know for a failure", () => {
    expect(() => answering(200, []).confirm()).toThrow(refusal("internal"));
    expect(() => answering(0, [1]).confirm()).toThrow(refusal("internal", "reply: end"));
    expect(() => answering(0, [1, 2, 3]).updateBegin(1, 100)).toThrow(refusal("internal", "reply: nextOffset"));
  });
});

describe("random", () => {
  it("fills any length", () => {
    const { root } = client();
    const bytes = new Uint8Array(2500);
    root.random(bytes);
    for (const start of [0, 1024, 2400]) expect(new Set(bytes.subarray(start, start + 100)).size).toBeGreaterThan(50);
  });
});

describe("health", () => {
  /** A timer service whose time a test moves by hand. */
  function handTimer(): { timer: Timer; fire: () => void; period: () => number } {
    let callback = (): void => undefined;
    let period = 0;
    const repeat: Timer["repeat"] = (given, milliseconds) => {
      callback = given as () => undefined;
      period = milliseconds;
      return { active: true };
    };
    return { timer: { repeat } as Timer, fire: () => callback(), period: () => period };
  }

  it("feeds the watchdog at once and from the loop, more often than it must", () => {
    const { device, root } = client();
    const { timer, fire, period } = handTimer();
    feedFromLoop(root, timer);
    expect(device.armed).toBe(HANG_LIMIT);
    device.armed = undefined;
    fire();
    expect(device.armed).toBe(HANG_LIMIT);
    expect(period()).toBe(FEED_PERIOD);
    expect(2 * FEED_PERIOD).toBeLessThan(HANG_LIMIT);
  });

  it("lets the watchdog end a test that is overdue, and hides no other failure", () => {
    const { timer, fire } = handTimer();
    let status = 0;
    feedFromLoop(new RootOfTrust(() => status), timer);
    status = statusNumber("confirm-overdue");
    expect(fire).not.toThrow();
    status = statusNumber("internal");
    expect(fire).toThrow(RootCallError);
  });

  it("knows an image on test until it is confirmed", () => {
    const { device, root } = client();
    expect(isOnTest(root.state())).toBe(false);
    device.upload(1, IMAGES.runtimeNext);
    device.boot();
    expect(isOnTest(root.state())).toBe(true);
    root.confirm();
    expect(isOnTest(root.state())).toBe(false);
  });

  it("speaks of a restart only when something went wrong", () => {
    const { root } = client();
    expect(describeRestart(root.state())).toBeUndefined();
    expect(describeRestart({ ...root.state(), resetReason: "watchdog", bootCount: 5 })).toBe(
      "reset by watchdog, boot 5",
    );
  });
});

describe("the failure reporter", () => {
  function reported(error: unknown) {
    const { device, root } = client();
    expect(new FailureReporter(root).report(error)).toBe(true);
    return decodeFailureReport(decodeFailureRecord(device.reply("logRead", { after: 0 }).record));
  }

  it("keeps name and frames of an error, and never its message", () => {
    const error = new TypeError("password hunter2");
    error.stack = "TypeError: password hunter2\n    at run (app.ts:3)\n    at deep.name (a/b.ts:17)\n    at native";
    const report = reported(error);
    expect(report.cause).toEqual({
      kind: "exception",
      name: "TypeError",
      frames: [
        { module: "app.ts", line: 3, column: 0 },
        { module: "a/b.ts", line: 17, column: 0 },
      ],
    });
    expect(report.image).toEqual(hostIdentityPrimitives.sha256(IMAGES.runtime.bytes));
    expect(JSON.stringify(report)).not.toContain("hunter2");
  });

  it.each([["text"], [undefined], [null], [Object.assign(new Error(), { stack: 7, name: "\u0000 \u20ac" })], [{}]])(
    "keeps whatever was thrown: %s",
    (thrown) => {
      expect(reported(thrown).cause.kind).toBe("exception");
    },
  );

  it("says when the root of trust kept nothing, and throws nothing", () => {
    expect(new FailureReporter(answering(6, [])).report(new Error("x"))).toBe(false);
  });
});
