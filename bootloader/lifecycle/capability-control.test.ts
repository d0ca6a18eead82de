/** Capability files over boots: what is in force when, and what never comes back. */
import { describe, expect, it } from "vitest";
import { hostEs256, makeCapabilityFile } from "../../host-tools/capability/capability-file.ts";
import { trustedKey } from "../../host-tools/keys/key-file.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import type { Capability } from "../../protocol/capability/capability.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import { CapabilityControl, type CapabilityTrust } from "./capability-control.ts";
import { measuredLifecycle } from "./lifecycle-boot.ts";
import { LifecycleLog } from "./lifecycle-log.ts";

const key = testKey("ecdsa-p256");
const deviceId = new Uint8Array(32).fill(0xa1);
const code = (expected: string) => expect.objectContaining({ name: "CapabilityError", code: expected });
const make = (change: Partial<Capability> = {}) =>
  makeCapabilityFile(
    { deviceId, grants: ["app-development"], sequence: 1, use: "stored", notAfterBoot: undefined, ...change },
    key,
  );

function device(lifecycle: DeviceLifecycle = "secured") {
  const chip = new NorChip({ unit: 8, blocks: [2048, 2048] }, 1);
  const log = new LifecycleLog(chipArea(chip, 0, 2));
  log.format();
  if (lifecycle !== "blank") log.advance("provisioned");
  if (lifecycle === "secured" || lifecycle === "decommissioned") log.advance("secured");
  if (lifecycle === "decommissioned") log.advance("decommissioned");
  const boot = (change: Partial<CapabilityTrust> = {}) => {
    chip.powerUp();
    const measured = measuredLifecycle(log.read());
    const control = new CapabilityControl(log, {
      deviceId,
      keys: [trustedKey(key)],
      crypto: hostEs256,
      bootCount: 1,
      ...change,
    });
    return Object.assign(control, { measured });
  };
  return { chip, log, boot };
}

describe("CapabilityControl", () => {
  it("grants nothing on a secured device without a file", () => {
    const control = device().boot();
    expect([control.isDebug, control.stored]).toEqual([false, undefined]);
    expect(control.policy).toMatchObject({ commands: ["identity"], claim: "secured", plainImages: false });
  });

  it("puts a stored file in force from the next boot on, until it is ended", () => {
    const { boot } = device();
    const first = boot();
    first.applyCapability(make());
    expect(first.policy).toMatchObject({ commands: ["identity"], claim: "secured" });
    for (let count = 0; count < 3; count += 1) {
      const control = boot();
      expect([control.measured, control.stored]).toEqual(["debug", "in-force"]);
      expect(control.policy).toMatchObject({ claim: "debug", mode: "debug", plainImages: true });
    }
    const last = boot();
    last.applyCapability(make({ grants: [], sequence: 2 }));
    // What was measured cannot be unsaid in this boot.
    expect(last.policy).toMatchObject({ commands: ["identity"], claim: "debug", plainImages: false });
    const after = boot();
    expect(after.measured).toBe("secured");
    expect(after.policy).toMatchObject({ commands: ["identity"], claim: "secured" });
    expect(() => after.applyCapability(make())).toThrow(code("sequence-old"));
  });

  it("takes the stored file again, and changes nothing", () => {
    const { boot, chip } = device();
    boot().applyCapability(make());
    const control = boot();
    control.applyCapability(make());
    expect(chip.operations).toEqual([]);
  });

  it("puts a file for one boot in force at once, in RAM only, and claims debug until the reset", () => {
    const { boot, chip } = device();
    const control = boot();
    control.applyCapability(make({ use: "one-boot", grants: ["field-servicing"] }));
    expect(chip.operations).toEqual([]);
    expect(control.policy).toMatchObject({ claim: "debug", plainImages: false });
    expect(control.policy.commands).toContain("service");
    control.applyCapability(make({ use: "one-boot", grants: [] }));
    expect(control.policy).toMatchObject({ commands: ["identity"], claim: "debug" });
    expect(boot().policy).toMatchObject({ commands: ["identity"], claim: "secured" });
  });

  it("takes no file for one boot once a later one was stored, or it was revoked", () => {
    const { boot, log } = device();
    const control = boot();
    control.applyCapability(make({ sequence: 5 }));
    expect(() => control.applyCapability(make({ use: "one-boot", sequence: 5 }))).toThrow(code("sequence-old"));
    log.clearCapability(9);
    expect(() => boot().applyCapability(make({ use: "one-boot", sequence: 9 }))).toThrow(code("sequence-old"));
    expect(() => boot().applyCapability(make({ sequence: 5 }))).toThrow(code("sequence-old"));
  });

  it("forgets a stored file whose boots are over, and says why", () => {
    const { boot } = device();
    boot().applyCapability(make({ notAfterBoot: 3 }));
    expect(boot({ bootCount: 3 }).isDebug).toBe(true);
    const over = boot({ bootCount: 4 });
    expect(over.isDebug).toBe(false);
    expect(over.stored).toBe("expired");
    expect(over.policy).toMatchObject({ commands: ["identity"], claim: "debug", plainImages: false });
    expect(boot({ bootCount: 5 }).policy).toMatchObject({ commands: ["identity"], claim: "secured" });
    // Also when the count has started over, as on a device whose log was lost.
    expect(() => boot({ bootCount: 1 }).applyCapability(make({ notAfterBoot: 3 }))).toThrow(code("sequence-old"));
  });

  it("grants nothing by a stored file whose key was revoked since", () => {
    const { boot } = device();
    boot().applyCapability(make());
    const control = boot({ keys: [trustedKey(key, true)] });
    expect(control.stored).toBe("key-revoked");
    expect(control.policy).toMatchObject({ commands: ["identity"], plainImages: false });
  });

  it("grants nothing by another device's file, wherever it lies", () => {
    const { boot, log } = device();
    const other = make({ deviceId: new Uint8Array(32).fill(0xb2) });
    expect(() => boot().applyCapability(other)).toThrow(code("device-mismatch"));
    log.storeCapability(other, 1);
    const control = boot();
    expect(control.stored).toBe("device-mismatch");
    expect(control.policy).toMatchObject({ commands: ["identity"], plainImages: false });
  });

  it("boots without grants when flash fails while it forgets a file", () => {
    const { chip, log, boot } = device();
    log.storeCapability(make({ notAfterBoot: 0 }), 1);
    const area = chipArea(chip, 0, 2);
    area.eraseBlock = () => {
      throw Object.assign(new Error("worn"), { code: "erase-failed" });
    };
    const trust = { deviceId, keys: [trustedKey(key)], crypto: hostEs256, bootCount: 1 };
    expect(new CapabilityControl(new LifecycleLog(area), trust).policy.commands).toEqual(["identity"]);
    expect(boot().stored).toBe("expired");
  });

  it("takes no file on a decommissioned device", () => {
    const control = device("decommissioned").boot();
    expect(() => control.applyCapability(make())).toThrow(code("lifecycle"));
    expect(() => control.applyCapability(make({ use: "one-boot" }))).toThrow(code("lifecycle"));
  });

  it.each(["blank", "provisioned"] as const)("keeps a file on one %s for when it is secured", (lifecycle) => {
    const { boot, log } = device(lifecycle);
    const control = boot();
    const before = control.policy.claim;
    control.applyCapability(make());
    expect(boot().policy.claim).toBe(before);
    if (lifecycle === "blank") log.advance("provisioned");
    log.advance("secured");
    expect(boot().policy).toMatchObject({ claim: "debug", plainImages: true });
  });
});
