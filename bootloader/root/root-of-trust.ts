/** All parts of a running root of trust, put together from the board's flash and from what the boot ROM handed over. */

import { timerCount, timerFrequency } from "native:cpu";
import { sha256 } from "native:crypto";
import { watchdogArm } from "native:monitor";
import config from "mc/config";
import type { FailureCause } from "../../protocol/failure/cause.ts";
import { fromHex } from "../../protocol/image/bytes.ts";
import { trustedKeyFromText } from "../../protocol/image/public-key.ts";
import { formatVersion, type ImageVersion, VERSION_BYTE_LENGTH, writeVersion } from "../../protocol/image/version.ts";
import { DeviceIdentity } from "../calls/device-identity.ts";
import { ImageControl } from "../calls/image-control.ts";
import type { Power, RootServices } from "../calls/services.ts";
import { CounterLog } from "../counters/counter-log.ts";
import { ROOT_OF_TRUST_IMAGE } from "../counters/counter-names.ts";
import { implementationId } from "../identity/attestation.ts";
import { MeasurementLog } from "../identity/measurements.ts";
import { CapabilityControl } from "../lifecycle/capability-control.ts";
import { LifecycleLog } from "../lifecycle/lifecycle-log.ts";
import { CrashLog } from "../log/crash-log.ts";
import { FailureLog } from "../log/failure-log.ts";
import { LogError } from "../log/log-error.ts";
import type { ResetReason } from "../log/reset-reason.ts";
import { SETTLED_UPTIME, stormWait } from "../log/reset-storm.ts";
import { RUNTIME_DATA, Sealer } from "../sealing/sealer.ts";
import type { StartedImage } from "../slots/slot-pair.ts";
import type { CheckedSlotImage } from "../slots/slot-verifier.ts";
import { type BoardSlots, openBoardSlots, openPartition } from "../stage/board-slots.ts";
import { say } from "../stage/console-report.ts";
import { type RootIdentity, takeIdentity } from "./identity.ts";

/** A new image gets one try, as the format says. */
export const TRY_LIMIT = 1;
const BOOT_SEED_BYTE_LENGTH = 32;

/** Opened once, at the start. */
export class RootOfTrust {
  readonly counters = new CounterLog(openPartition("state"));
  /** Image 0 as it runs. */
  readonly self: StartedImage;
  readonly runtimes: BoardSlots;
  readonly #own: RootIdentity = takeIdentity();
  readonly #roots: BoardSlots;
  readonly #measurements = new MeasurementLog();
  readonly #crashLog = new CrashLog(openPartition("log"));
  readonly #lifecycle: CapabilityControl;
  #runtime: StartedImage<CheckedSlotImage> | undefined;
  #failures: FailureLog | undefined;

  /** @throws LifecycleError, RangeError when the flash or the hand-over is not as a boot ROM leaves it */
  constructor() {
    const { handOver, identity, crypto } = this.#own;
    const { image, digest, signer, slot, kind, isConfirmed } = handOver;
    const bootCount = startLog(this.#crashLog);
    this.#measurements.append({ type: "root-of-trust", value: digest, version: formatVersion(image.version), signer });
    this.#roots = openBoardSlots("root", "any");
    this.runtimes = openBoardSlots("runtime", (other) => (other === ROOT_OF_TRUST_IMAGE ? image.version : undefined));
    this.self = { pair: this.#roots.pair, slot, kind, isConfirmed, checked: image };
    this.#lifecycle = new CapabilityControl(new LifecycleLog(openPartition("lifecycle")), {
      deviceId: identity.deviceId,
      keys: (config.trust.capability ?? []).map(trustedKeyFromText),
      crypto,
      bootCount,
    });
    const { stored } = this.#lifecycle;
    if (stored !== undefined) say("root", `capability code=${stored}`);
  }

  /** The lowest version of the runtime that this root of trust works with. */
  get minimumRuntime(): ImageVersion | undefined {
    return this.#own.handOver.minimumRuntime;
  }

  /** The runtime is not started before this, in milliseconds since the reset: 0, unless resets follow each other. */
  get earliestStart(): number {
    return stormWait(this.#crashLog.streak);
  }

  /** Lifecycle and capability files, for the console. */
  get lifecycle(): CapabilityControl {
    return this.#lifecycle;
  }

  /** What the calls of the runtime act through. The measurement log is closed from now on. */
  serve(started: StartedImage<CheckedSlotImage>, power: Power): RootServices {
    const { crypto, sealing, identity, random } = this.#own;
    const { verified, version } = started.checked;
    this.#runtime = started;
    this.#measurements.append({
      type: "runtime",
      value: verified.digest,
      version: formatVersion(version),
      signer: verified.key.keyHash,
    });
    this.#measurements.close();
    const bootSeed = new Uint8Array(BOOT_SEED_BYTE_LENGTH);
    random.fill(bootSeed);
    const { vendorId, classId } = this.runtimes.trust;
    const implementation = { board: config.board.name, vendorId, classId };
    this.#failures = new FailureLog({
      log: this.#crashLog,
      uptime,
      images: [
        { digest: this.#own.handOver.digest, version: versionBytes(this.self) },
        { digest: verified.digest, version: versionBytes(started) },
      ],
    });
    return {
      identity: new DeviceIdentity({
        crypto,
        identity,
        log: this.#measurements,
        bootSeed,
        lifecycle: this.#lifecycle.policy.claim,
        implementationId: implementationId(implementation, (data) => new Uint8Array(sha256(data))),
      }),
      sealer: new Sealer(sealing, identity.layer.sealingSecret(RUNTIME_DATA), random),
      random,
      images: new ImageControl({
        pairs: [this.#roots.pair, this.runtimes.pair],
        verifiers: [this.#roots.verifier, this.runtimes.verifier],
        running: [this.self, started],
        log: this.counters,
        tryLimit: TRY_LIMIT,
        uptime,
      }),
      crashLog: this.#failures,
      lifecycle: this.#lifecycle,
      measurements: this.#measurements,
      watchdog: { arm: watchdogArm },
      power,
      uptime,
      reportMistake: (call, error) => say("root", `mistake call=${call} error=${nameOf(error)}`),
    };
  }

  /** Records that the runtime failed, as the root of trust saw it. */
  report(cause: FailureCause): void {
    const image = this.#runtime?.checked.verified.digest ?? this.#own.handOver.digest;
    const component = fromHex(config.trust.runtime?.classId ?? "");
    this.#failures?.report({ component, image, build: new Uint8Array(0), cause, heap: undefined, log: [] });
  }

  /** Leaves the reason for the next boot. A log that is worn out does not keep the board from being reset. */
  prepareReset(reason: ResetReason): void {
    try {
      this.#crashLog.prepareReset(reason, uptime() >= SETTLED_UPTIME);
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
    }
  }
}

/**
 * Counts this boot in the crash log. A log that is lost is made anew, and one that takes nothing more is done without: an exception
 * here would end this boot and every one to come.
 * @returns the number of this boot; Infinity when it is not known, so that what was granted for some boots has ended
 */
function startLog(log: CrashLog): number {
  try {
    log.startBoot();
    return log.bootCount;
  } catch (error) {
    sayLogError(error);
    if (error instanceof LogError && error.code === "log-missing") renewLog(log);
    return Number.POSITIVE_INFINITY;
  }
}

function renewLog(log: CrashLog): void {
  try {
    log.format();
    log.startBoot();
  } catch (error) {
    sayLogError(error);
  }
}

/** Passes on what is not the log's. */
function sayLogError(error: unknown): void {
  if (!(error instanceof LogError)) throw error;
  say("root", `log code=${error.code}`);
}

/** Milliseconds since the reset. */
export function uptime(): number {
  return Math.floor((timerCount() * 1000) / timerFrequency());
}

function versionBytes({ checked }: StartedImage): Uint8Array {
  const bytes = new Uint8Array(VERSION_BYTE_LENGTH);
  writeVersion(bytes, 0, checked.version);
  return bytes;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "value";
}
