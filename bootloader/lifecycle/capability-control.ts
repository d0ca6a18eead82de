/** Capability files on the device: which one is in force in this boot, and what happens when another is presented. */
import type { Capability } from "../../protocol/capability/capability.ts";
import { CapabilityError, type CapabilityErrorCode } from "../../protocol/capability/errors.ts";
import { type CapabilityContext, verifyCapability } from "../../protocol/capability/verify.ts";
import { type DeviceLifecycle, type SecurityLifecycle, securityLifecycle } from "../../protocol/eat/lifecycle.ts";
import { equalBytes } from "../../protocol/image/bytes.ts";
import { type EffectivePolicy, effectivePolicy, type GrantsInForce } from "./effective-policy.ts";
import { LifecycleError } from "./errors.ts";
import { measuredLifecycle } from "./lifecycle-boot.ts";
import type { LifecycleLog } from "./lifecycle-log.ts";

/** What does not change during a boot. */
export type CapabilityTrust = Omit<CapabilityContext, "minimumSequence">;

/**
 * Holds the grants of this boot. A stored file is in force from the boot after it was stored, because DICE measures it before the
 * root of trust runs; a file for one boot is in force from when it is presented, and in RAM only.
 */
export class CapabilityControl {
  /** As this boot found it. */
  readonly lifecycle: DeviceLifecycle;
  readonly #log: LifecycleLog;
  readonly #trust: CapabilityTrust;
  #claim: SecurityLifecycle;
  #inForce: GrantsInForce | undefined;
  #stored: "in-force" | CapabilityErrorCode | undefined;

  /**
   * Reads the lifecycle and verifies the stored file. One that is refused, because its key was revoked or its boots are over, gives
   * nothing and is forgotten: the boot after this is a normal one again.
   * @throws LifecycleError `lifecycle-missing`, `flash-worn`
   */
  constructor(log: LifecycleLog, trust: CapabilityTrust) {
    const state = log.read();
    this.#log = log;
    this.#trust = trust;
    this.lifecycle = state.lifecycle;
    this.#claim = measuredLifecycle(state);
    if (state.capability !== undefined) this.#admit(state.capability);
  }

  #admit(file: Uint8Array): void {
    try {
      this.#inForce = verifyCapability(file, { ...this.#trust, minimumSequence: 0 });
      this.#stored = "in-force";
    } catch (error) {
      if (!(error instanceof CapabilityError)) throw error;
      this.#stored = error.code;
      this.#forget();
    }
  }

  /** A block that fails now must not stop the boot: the file is refused at the next one too. */
  #forget(): void {
    try {
      this.#log.clearCapability();
    } catch (error) {
      if (!(error instanceof LifecycleError)) throw error;
    }
  }

  /** What became of the file that was stored when this boot began: in force, or why not; undefined for none. */
  get stored(): "in-force" | CapabilityErrorCode | undefined {
    return this.#stored;
  }

  /** True when grants are in force. */
  get isDebug(): boolean {
    return this.#inForce !== undefined && this.#inForce.grants.length > 0;
  }

  /**
   * What is allowed now. Its claim is the worst of this boot: the first stage measured a stored file that it could not verify, and a
   * device that was open for a while is not known to be what it was.
   */
  get policy(): EffectivePolicy {
    return { ...effectivePolicy(this.lifecycle, this.#inForce), claim: this.#claim };
  }

  /**
   * Goes forward in the lifecycle, in flash: what this boot measured and allows stays, so a reset must follow.
   * @throws LifecycleError `lifecycle-order`, `flash-worn`
   */
  advance(to: DeviceLifecycle): void {
    this.#log.advance(to);
  }

  /**
   * Takes a file that was presented. One to be stored counts from the next boot on; without grants it forgets what was stored and
   * ends what is in force. One for this boot takes the place of what is in force; evidence must make the new claim from then on.
   * @throws CapabilityError; LifecycleError `flash-worn`
   */
  applyCapability(file: Uint8Array): void {
    const verified = takeCapability(this.#log, file, this.#trust);
    if (verified.use === "stored" && verified.grants.length > 0) return;
    this.#inForce = verified;
    this.#claim = securityLifecycle(this.lifecycle, this.isDebug || this.#claim === "debug");
  }
}

/**
 * Verifies a file against what the device has stored, and does what it says to the store: nothing by a file for one boot, and
 * forgetting by one without grants.
 * @throws CapabilityError; LifecycleError `flash-worn`
 */
export function takeCapability(log: LifecycleLog, file: Uint8Array, trust: CapabilityTrust): Capability {
  const { lifecycle, sequenceFloor, capability } = log.read();
  if (lifecycle === "decommissioned") throw new CapabilityError("lifecycle", "a device in use", lifecycle);
  // The floor has moved past the stored file itself.
  const isStored = capability !== undefined && equalBytes(capability, file);
  const verified = verifyCapability(file, { ...trust, minimumSequence: isStored ? 0 : sequenceFloor });
  if (verified.use === "one-boot") return verified;
  if (verified.grants.length === 0) log.clearCapability(verified.sequence);
  else log.storeCapability(file, verified.sequence);
  return verified;
}
