/** What the first stage does with lifecycle and device secret: one secret, made once, on a blank device. */
import { describe, expect, it } from "vitest";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import { DeviceSecretStore } from "./device-secret-store.ts";
import { deviceSecretForBoot, lifecycleForBoot, measuredLifecycle } from "./lifecycle-boot.ts";
import { LifecycleLog } from "./lifecycle-log.ts";

const BLOCK = 2048;
const code = (expected: string) => expect.objectContaining({ name: "LifecycleError", code: expected });
const secret = () => Uint8Array.from({ length: 32 }, (_, index) => index + 1);
const never = (): never => {
  throw new Error("expected no secret to be made");
};

function device() {
  const chip = new NorChip({ unit: 8, blocks: [BLOCK, BLOCK, BLOCK] }, 1);
  const log = new LifecycleLog(chipArea(chip, 1, 2));
  const store = () => new DeviceSecretStore(chipArea(chip, 0, 1));
  return { chip, log, store };
}

describe("lifecycleForBoot", () => {
  it("makes flash from the factory a blank device", () => {
    const { log, store } = device();
    expect(lifecycleForBoot(log, store()).lifecycle).toBe("blank");
  });

  it("does not make a device blank again that has a secret and lost its lifecycle", () => {
    const { chip, log, store } = device();
    lifecycleForBoot(log, store());
    store().write(secret());
    for (const block of [1, 2]) chipArea(chip, block, 1).eraseBlock(0);
    expect(() => lifecycleForBoot(log, store())).toThrow(code("lifecycle-missing"));
  });
});

describe("deviceSecretForBoot", () => {
  it("makes a blank device's secret once, and zeroes what made it", () => {
    const { log, store } = device();
    const made = secret();
    const { lifecycle } = lifecycleForBoot(log, store());
    expect(deviceSecretForBoot(store(), lifecycle, () => made)).toEqual(secret());
    expect(made).toEqual(new Uint8Array(32));
    for (const later of ["blank", "provisioned", "secured"] as const) {
      expect(deviceSecretForBoot(store(), later, never)).toEqual(secret());
    }
  });

  it("leaves a device blank when no secret can be made", () => {
    const { store } = device();
    expect(() => deviceSecretForBoot(store(), "blank", never)).toThrow("expected no secret to be made");
    expect(store().state()).toBe("blank");
  });

  it.each(["provisioned", "secured"] as const)("makes none for one %s that has lost it", (lifecycle) => {
    expect(() => deviceSecretForBoot(device().store(), lifecycle, never)).toThrow(code("secret-missing"));
  });

  it("makes none over one that is damaged", () => {
    const { chip, store } = device();
    store().write(secret());
    chip.preset(new Uint8Array(80), 192);
    expect(() => deviceSecretForBoot(store(), "blank", never)).toThrow(code("secret-missing"));
  });

  it("gives a decommissioned device none, and destroys what is there", () => {
    const { store } = device();
    store().write(secret());
    expect(deviceSecretForBoot(store(), "decommissioned", never)).toBeUndefined();
    expect(store().state()).toBe("destroyed");
  });
});

describe("measuredLifecycle", () => {
  it.each([
    ["blank", "assembly-and-test", "assembly-and-test"],
    ["provisioned", "provisioning", "provisioning"],
    ["secured", "secured", "debug"],
  ] as const)("says of one %s: %s, with a stored file %s", (lifecycle, without, withFile) => {
    const state = { lifecycle, sequenceFloor: 0 };
    expect(measuredLifecycle({ ...state, capability: undefined })).toBe(without);
    expect(measuredLifecycle({ ...state, capability: new Uint8Array(1) })).toBe(withFile);
  });
});
