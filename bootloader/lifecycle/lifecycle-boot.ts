/** What the first stage does with lifecycle and device secret at each boot, so that a device has one identity, once. */
import { type DeviceLifecycle, type SecurityLifecycle, securityLifecycle } from "../../protocol/eat/lifecycle.ts";
import type { DeviceSecretStore } from "./device-secret-store.ts";
import { LifecycleError } from "./errors.ts";
import type { LifecycleLog, LifecycleState } from "./lifecycle-log.ts";

/**
 * The lifecycle of this boot. Flash that holds none is formatted, but only on a device that has never had a secret: a device that
 * has one and has lost its lifecycle is damaged, not blank.
 * @throws LifecycleError `lifecycle-missing`, `flash-worn`
 */
export function lifecycleForBoot(log: LifecycleLog, store: DeviceSecretStore): LifecycleState {
  if (store.state() === "blank") log.format();
  return log.read();
}

/**
 * What the first stage measures: its certificate says debug whenever a file is stored, which was verified then. Whether it still
 * grants anything is for the root of trust to say.
 */
export function measuredLifecycle({ lifecycle, capability }: LifecycleState): SecurityLifecycle {
  return securityLifecycle(lifecycle, capability !== undefined);
}

/**
 * The device secret of this boot, for the caller to import and zero.
 * - A blank device that has none gets one from `make`; nothing but a blank device ever does.
 * - A decommissioned device has none: what is left of it is destroyed, which also finishes what a power cut ended.
 * @param lifecycle as `LifecycleLog.read` gave it in this power cycle
 * @param make new random bytes, 32; called at most once, zeroed here. What it throws goes through, and the device stays blank.
 * @returns undefined for a decommissioned device
 * @throws LifecycleError `secret-missing`, `flash-worn`
 */
export function deviceSecretForBoot(
  store: DeviceSecretStore,
  lifecycle: DeviceLifecycle,
  make: () => Uint8Array,
): Uint8Array | undefined {
  if (lifecycle === "decommissioned") {
    store.destroy();
    return undefined;
  }
  const state = store.state();
  if (state === "blank") {
    if (lifecycle !== "blank") throw new LifecycleError("secret-missing", "a device secret", "none");
    const made = make();
    try {
      store.write(made);
    } finally {
      made.fill(0);
    }
  }
  return store.read();
}
