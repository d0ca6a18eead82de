/** What the calls of the root of trust act through: narrow parts, so that a call reaches nothing that it does not need. */
import type { RandomSource } from "../../hal/interfaces/random.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import type { MeasurementLog } from "../identity/measurements.ts";
import type { Sealer } from "../sealing/sealer.ts";
import type { DeviceIdentity } from "./device-identity.ts";
import type { ImageControl } from "./image-control.ts";

/** A record of the crash log as it is read. */
export interface LoggedRecord {
  readonly sequence: number;
  /** How often the same failure came again. */
  readonly repeats: number;
  readonly record: Uint8Array;
}

/** The crash log, without the parts that only start-up uses. */
export interface CrashLogAccess {
  readonly bootCount: number;
  /** Why the device was reset before this boot. */
  readonly lastReset: string;
  /** Adds a report of the runtime. @returns the sequence of its record @throws FailureError, CborError, LogError */
  append(report: Uint8Array): number;
  /** The first record after a sequence that was not delivered. @throws LogError */
  read(after: number): LoggedRecord | undefined;
  /** The runtime's word that all records up to a sequence were delivered. @throws LogError */
  acknowledge(through: number): void;
}

/** The device's lifecycle and what opens it. */
export interface LifecycleAccess {
  readonly lifecycle: DeviceLifecycle;
  /** A capability file is in force now. */
  readonly isDebug: boolean;
  /** Verifies a capability file, and stores it or puts it in force. @throws CapabilityError, LifecycleError */
  applyCapability(file: Uint8Array): void;
}

/** The watchdog: when it expires the device is reset. */
export interface Watchdog {
  /** Starts it over, to expire so many milliseconds from now. */
  arm(milliseconds: number): void;
}

/** Why a caller asks for a reset. */
export type RequestedReset = "requested" | "update" | "failure";

/** Ends this boot. On a board neither returns. */
export interface Power {
  reset(reason: RequestedReset): void;
  powerOff(code: number): void;
}

/** All that the calls need. What is undefined does not exist on a device without a secret. */
export interface RootServices {
  readonly identity: DeviceIdentity | undefined;
  readonly sealer: Sealer | undefined;
  readonly random: Pick<RandomSource, "fill">;
  readonly images: ImageControl;
  readonly crashLog: CrashLogAccess;
  readonly lifecycle: LifecycleAccess;
  readonly measurements: Pick<MeasurementLog, "encoded">;
  readonly watchdog: Watchdog;
  readonly power: Power;
  /** Milliseconds since the reset; never goes back. */
  readonly uptime: () => number;
  /** Told of an exception that no call should have: the root of trust's own mistake. */
  readonly reportMistake: (call: string, error: unknown) => void;
}
