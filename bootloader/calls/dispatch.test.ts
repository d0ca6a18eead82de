/** One rule a test; that nothing hostile gets through is the business of test/attack/calls. */
import { describe, expect, it } from "vitest";
import { makeCapabilityFile } from "../../host-tools/capability/capability-file.ts";
import { trustedKey } from "../../host-tools/keys/key-file.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import { decodeFailureRecord } from "../../protocol/failure/decode.ts";
import { encodeFailureReport } from "../../protocol/failure/report.ts";
import { decodeRootState } from "../../protocol/root-calls/state.ts";
import { CallsDevice, IMAGES } from "../../test/attack/calls-device.ts";
import { decodeEvidencePayload } from "../../test/attack/calls-evidence.ts";
import { StateError } from "../counters/state-error.ts";
import { LifecycleError } from "../lifecycle/errors.ts";
import { LogError } from "../log/log-error.ts";
import { RandomError } from "../random/errors.ts";
import { SlotError } from "../slots/slot-error.ts";
import { CONFIRM_WITHIN } from "./image-control.ts";

const MINUTE = 60_000;

/** A device that runs an image on test. */
function onTest(): CallsDevice {
  const device = new CallsDevice();
  expect(device.upload(1, IMAGES.runtimeNext)).toBe("ok");
  device.boot();
  expect(device.running[1]?.kind).toBe("test");
  return device;
}

describe("state", () => {
  it("says what runs, what is in the slots, and why the device was reset", () => {
    const device = onTest();
    device.uptime = 1234;
    const { state } = device.reply("state", {});
    const [root, runtime] = decodeRootState(state).images;
    expect(decodeRootState(state)).toMatchObject({
      lifecycle: "secured",
      isDebug: false,
      bootCount: 2,
      resetReason: "power-on",
      uptime: 1234,
    });
    expect(root).toMatchObject({ running: { slot: "a", kind: "confirmed", isConfirmed: true }, securityCounter: 1 });
    expect(runtime).toMatchObject({
      running: { slot: "b", kind: "test", isConfirmed: false },
      securityCounter: 2,
      selected: "a",
      a: { class: "confirmed", version: "2.0.0+0" },
      b: { class: "spare", version: "2.1.0+0", erases: 1 },
    });
  });

  it("knows at once that an image was confirmed", () => {
    const device = onTest();
    device.reply("confirm", {});
    const { images } = decodeRootState(device.reply("state", {}).state);
    expect(images[1]).toMatchObject({ running: { isConfirmed: true }, securityCounter: 3, selected: "b" });
  });
});

describe("feedWatchdog", () => {
  it("arms the watchdog for the time that was asked for", () => {
    const device = new CallsDevice();
    device.reply("feedWatchdog", { milliseconds: 30_000 });
    expect(device.armed).toBe(30_000);
  });

  it.each([0, 999, 120_001, 0xffffffff])("refuses %i milliseconds", (milliseconds) => {
    const device = new CallsDevice();
    const request = Uint8Array.of(milliseconds, milliseconds >>> 8, milliseconds >>> 16, milliseconds >>> 24);
    expect(device.raw(18, request).status).toBe(5);
    expect(device.armed).toBeUndefined();
  });

  it("ends a test that nobody confirms, however well the watchdog is fed", () => {
    const device = onTest();
    device.uptime = CONFIRM_WITHIN - 5000;
    device.reply("feedWatchdog", { milliseconds: MINUTE });
    expect(device.armed).toBe(5000);
    device.uptime = CONFIRM_WITHIN;
    expect(device.call("feedWatchdog", { milliseconds: MINUTE }).status).toBe("confirm-overdue");
    device.boot();
    expect(device.names).toContain(IMAGES.runtime.name);
  });

  it("goes on for as long as it likes once all is confirmed", () => {
    const device = onTest();
    device.reply("confirm", {});
    device.uptime = 10 * CONFIRM_WITHIN;
    device.reply("feedWatchdog", { milliseconds: MINUTE });
    expect(device.armed).toBe(MINUTE);
  });
});

describe("seal and unseal", () => {
  it("give data back after a reset and an update of the runtime", () => {
    const device = new CallsDevice();
    const plain = Uint8Array.of(1, 2, 3);
    const { sealed } = device.reply("seal", { plain });
    expect(device.upload(1, IMAGES.runtimeNext)).toBe("ok");
    device.boot();
    expect(device.reply("unseal", { sealed }).plain).toEqual(plain);
  });

  it("refuse data with any bit changed", () => {
    const device = new CallsDevice();
    const { sealed } = device.reply("seal", { plain: Uint8Array.of(1, 2, 3) });
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = sealed.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(device.call("unseal", { sealed: changed }).status).toBe("sealed-data");
    }
  });

  it("never give the same bytes for the same data", () => {
    const device = new CallsDevice();
    const plain = new Uint8Array(0);
    expect(device.reply("seal", { plain }).sealed).not.toEqual(device.reply("seal", { plain }).sealed);
  });
});

describe("the operational key", () => {
  it("is the same after a reset, and another one for another runtime", () => {
    const device = new CallsDevice();
    const { publicKey } = device.reply("operationalKey", {});
    device.boot();
    expect(device.reply("operationalKey", {}).publicKey).toEqual(publicKey);
    expect(device.upload(1, IMAGES.runtimeNext)).toBe("ok");
    device.boot();
    expect(device.reply("operationalKey", {}).publicKey).not.toEqual(publicKey);
  });
});

describe("the log calls", () => {
  const report = encodeFailureReport({
    component: new Uint8Array(16),
    image: new Uint8Array(32),
    build: new Uint8Array(0),
    cause: { kind: "exit", code: 3 },
    heap: undefined,
    log: [],
  });

  it("keep a report under the runtime's name, and give it back until it is delivered", () => {
    const device = new CallsDevice();
    const { sequence } = device.reply("logAppend", { report });
    const found = device.reply("logRead", { after: 0 });
    expect(found).toMatchObject({ sequence, repeats: 0 });
    expect(decodeFailureRecord(found.record)).toMatchObject({ reporter: "runtime", bootCount: 1, sequence });
    expect(device.call("logRead", { after: sequence }).status).toBe("record-none");
    device.reply("logAcknowledge", { through: sequence });
    expect(device.call("logRead", { after: 0 }).status).toBe("record-none");
  });

  it("refuse what is no report, by the code of what is wrong", () => {
    const device = new CallsDevice();
    expect(device.call("logAppend", { report: Uint8Array.of(0xff) })).toMatchObject({ status: "record-refused" });
    expect(device.call("logAppend", { report: Uint8Array.of(0x80) })).toMatchObject({
      status: "record-refused",
      detail: "structure",
    });
  });
});

describe("applyCapability", () => {
  const key = testKey("ecdsa-p256");
  const file = (
    device: CallsDevice,
    use: "stored" | "one-boot",
    grants: readonly "console"[] = ["console"],
  ): Uint8Array =>
    makeCapabilityFile(
      { deviceId: device.attested.identity.deviceId, grants, sequence: 4, use, notAfterBoot: undefined },
      key,
    );

  it("makes evidence of this boot say debug with a file for this boot", () => {
    const device = new CallsDevice({ capabilityKeys: [trustedKey(key)] });
    const nonce = new Uint8Array(32);
    expect(decodeEvidencePayload(device.reply("attest", { nonce }).evidence).lifecycle).toBe("secured");
    device.reply("applyCapability", { capability: file(device, "one-boot") });
    expect(decodeEvidencePayload(device.reply("attest", { nonce }).evidence).lifecycle).toBe("debug");
    expect(decodeRootState(device.reply("state", {}).state).isDebug).toBe(true);
    device.boot();
    expect(decodeEvidencePayload(device.reply("attest", { nonce }).evidence).lifecycle).toBe("secured");
  });

  it("stores a file for the next boot", () => {
    const device = new CallsDevice({ capabilityKeys: [trustedKey(key)] });
    device.reply("applyCapability", { capability: file(device, "stored") });
    expect(decodeRootState(device.reply("state", {}).state).isDebug).toBe(false);
    device.boot();
    expect(decodeRootState(device.reply("state", {}).state).isDebug).toBe(true);
  });

  it("refuses a file of a key that it does not know, by the verifier's code", () => {
    const device = new CallsDevice();
    const answer = device.call("applyCapability", { capability: file(device, "stored") });
    expect(answer).toMatchObject({ status: "capability-refused", detail: "key-unknown" });
  });
});

describe("reset and power-off", () => {
  it("pass on what was asked for", () => {
    const device = new CallsDevice();
    device.reply("reset", { reason: "update" });
    expect(device.ended).toBe("reset update");
    device.reply("powerOff", { code: 3 });
    expect(device.ended).toBe("power-off 3");
  });
});

describe("what services throw", () => {
  /** The status and detail of `random` when the source throws. */
  function answerTo(error: unknown): { status: string; detail: string; mistakes: number } {
    const device = new CallsDevice();
    const fill = (): never => {
      throw error;
    };
    device.services = { ...device.services, random: { fill } };
    const { status, detail } = device.call("random", { byteLength: 1 });
    return { status, detail, mistakes: device.mistakes.length };
  }

  it.each([
    ["SlotError", new SlotError("flag-worn", "x", "y"), "flash-failed", "flag-worn"],
    [
      "a refused image",
      new SlotError("image-refused", "x", "y", "signature-invalid"),
      "image-refused",
      "signature-invalid",
    ],
    ["StateError", new StateError("state-worn", "x", "y"), "flash-failed", "state-worn"],
    ["LifecycleError", new LifecycleError("flash-worn", "x", "y"), "flash-failed", "flash-worn"],
    ["LogError", new LogError("log-worn", "x", "y"), "flash-failed", "log-worn"],
    ["RandomError", new RandomError("exhausted", "x", "y"), "random-failed", "exhausted"],
  ])("is a status with its code as detail: %s", (_name, error, status, detail) => {
    expect(answerTo(error)).toEqual({ status, detail, mistakes: 0 });
  });

  it.each([
    ["an error of the language", new TypeError("secret 1234")],
    ["an error of ours that no caller can cause", new SlotError("slot-running", "x", "y")],
    ["a value", "text"],
    ["nothing", undefined],
  ])("is reported and told as internal, without its message: %s", (_name, error) => {
    expect(answerTo(error)).toEqual({ status: "internal", detail: "", mistakes: 1 });
  });

  it("ends in an answer even when the report fails", () => {
    const device = new CallsDevice();
    const broken = (): never => {
      throw new Error("broken");
    };
    device.services = { ...device.services, random: { fill: broken }, reportMistake: broken };
    expect(device.call("random", { byteLength: 1 }).status).toBe("internal");
    expect(device.call("state", {}).status).toBe("ok");
  });
});
