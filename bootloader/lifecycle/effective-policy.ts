/** What a device allows: one table of lifecycle and grants, for everything that must decide by them. Design note 0014. */
import type { CapabilityUse, Grant } from "../../protocol/capability/capability.ts";
import type { DiceMode } from "../../protocol/dice/inputs.ts";
import {
  type DeviceLifecycle,
  diceModeOf,
  type SecurityLifecycle,
  securityLifecycle,
} from "../../protocol/eat/lifecycle.ts";

/**
 * Kinds of commands, of the console and of the device protocol.
 *
 * | kind | commands |
 * |---|---|
 * | identity | who the device is: identity, lifecycle, versions, attestation, image state; presenting a capability file |
 * | inspect | reading more: slots, counters, logs, measurements |
 * | service | changes with what release keys signed: updates, resets, settings, acknowledging logs, decommissioning |
 * | develop | apps that no release key signed; starting, stopping, debugging |
 * | manufacture | going forward in the lifecycle |
 */
export type CommandKind = "identity" | "inspect" | "service" | "develop" | "manufacture";

/** What holds in one lifecycle with the grants in force. */
export interface EffectivePolicy {
  readonly commands: readonly CommandKind[];
  /** Runtime images that no release key signed may be installed and started. No root of trust but a release ever starts. */
  readonly plainImages: boolean;
  /** The device has an identity: keys, evidence, certificates. */
  readonly hasIdentity: boolean;
  /** What evidence claims. */
  readonly claim: SecurityLifecycle;
  /** The DICE mode of a boot that begins like this; a file for one boot is none that a boot can begin with. */
  readonly mode: DiceMode;
}

/** A capability that was verified, as far as decisions go. */
export interface GrantsInForce {
  readonly grants: readonly Grant[];
  readonly use: CapabilityUse;
}

const OPEN: readonly CommandKind[] = Object.freeze([
  "identity",
  "inspect",
  "service",
  "develop",
  "manufacture",
] as const);
const CLOSED: readonly CommandKind[] = Object.freeze(["identity"] as const);
const NONE: readonly CommandKind[] = Object.freeze([]);

/** Without grants, which change only what a secured device allows: the others are open anyway, or closed for good. */
const COMMANDS: Readonly<Record<DeviceLifecycle, readonly CommandKind[]>> = Object.freeze({
  blank: OPEN,
  provisioned: OPEN,
  secured: CLOSED,
  decommissioned: NONE,
});

/** What each grant adds on a secured device. */
const GRANTED: Readonly<Record<Grant, readonly CommandKind[]>> = Object.freeze({
  "app-development": Object.freeze(["inspect", "develop"] as const),
  "field-servicing": Object.freeze(["inspect", "service"] as const),
  console: Object.freeze(["inspect"] as const),
});

const NO_GRANTS: GrantsInForce = Object.freeze({ grants: Object.freeze([]), use: "stored" });

/** The policy of a device. @param capability the verified file in force */
export function effectivePolicy(lifecycle: DeviceLifecycle, capability: GrantsInForce = NO_GRANTS): EffectivePolicy {
  const { grants, use } = lifecycle === "secured" ? capability : NO_GRANTS;
  const commands = COMMANDS[lifecycle].slice();
  for (const grant of grants) {
    for (const kind of GRANTED[grant]) if (!commands.includes(kind)) commands.push(kind);
  }
  const isDebug = grants.length > 0;
  const isMeasured = isDebug && use === "stored";
  return {
    commands,
    plainImages:
      lifecycle === "blank" || lifecycle === "provisioned" || (isMeasured && grants.includes("app-development")),
    hasIdentity: lifecycle !== "decommissioned",
    claim: securityLifecycle(lifecycle, isDebug),
    mode: diceModeOf(securityLifecycle(lifecycle, isMeasured)),
  };
}
