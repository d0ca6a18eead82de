/** The security lifecycle claim (RFC 9783, section 4.3.1) and the DICE mode that belongs to it. */
import type { DiceMode } from "../dice/inputs.ts";

/** States of RFC 9783 by their values; the low byte, which it leaves to implementations, is 0 here. */
const LIFECYCLE_VALUES = Object.freeze({
  "assembly-and-test": 0x1000,
  provisioning: 0x2000,
  secured: 0x3000,
  debug: 0x4000,
  decommissioned: 0x6000,
});

/** What a device says of its security. Only `secured` is healthy; `debug` is a secured device with a capability file in force. */
export type SecurityLifecycle = keyof typeof LIFECYCLE_VALUES;

/** The states of a device, as its root of trust keeps them. */
export type DeviceLifecycle = "blank" | "provisioned" | "secured" | "decommissioned";

/** What a device claims. A capability changes only what a secured device claims: the others are open anyway. */
export function securityLifecycle(state: DeviceLifecycle, capabilityInForce: boolean): SecurityLifecycle {
  if (state === "blank") return "assembly-and-test";
  if (state === "provisioned") return "provisioning";
  if (state === "decommissioned") return "decommissioned";
  return capabilityInForce ? "debug" : "secured";
}

/** The mode that goes into DICE with a lifecycle, so that a debug boot has other keys and other sealed data. */
export function diceModeOf(lifecycle: SecurityLifecycle): DiceMode {
  if (lifecycle === "secured") return "normal";
  return lifecycle === "debug" ? "debug" : "not-configured";
}

/** The claim's number. */
export function lifecycleValue(lifecycle: SecurityLifecycle): number {
  return LIFECYCLE_VALUES[lifecycle];
}

/** The state of a claim's number, or undefined for one that we do not write. */
export function lifecycleOf(value: number): SecurityLifecycle | undefined {
  const names = Object.keys(LIFECYCLE_VALUES) as SecurityLifecycle[];
  return names.find((name) => LIFECYCLE_VALUES[name] === value);
}
