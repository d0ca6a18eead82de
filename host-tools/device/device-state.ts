/** What a device's own records say of it: lifecycle, boots, counters, failures. Read through the device's code, on copies. */
import {
  eraseCounter,
  keyEpochCounter,
  ROOT_OF_TRUST_IMAGE,
  RUNTIME_IMAGE,
  securityCounter,
} from "../../bootloader/counters/counter-names.ts";
import { DeviceSecretStore } from "../../bootloader/lifecycle/device-secret-store.ts";
import { LifecycleError } from "../../bootloader/lifecycle/errors.ts";
import { LifecycleLog } from "../../bootloader/lifecycle/lifecycle-log.ts";
import { CrashLog } from "../../bootloader/log/crash-log.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { decodeFailureRecord, decodeFailureReport } from "../../protocol/failure/decode.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import { formatVersion, readVersion } from "../../protocol/image/version.ts";
import type { OpenPartition } from "./device-folder.ts";
import type { DeviceSlots } from "./device-slots.ts";

/** Lifecycle and what goes with it. */
export interface LifecycleReport {
  readonly lifecycle: DeviceLifecycle;
  /** Whether the device has its secret; never which. */
  readonly secret: ReturnType<DeviceSecretStore["state"]>;
  /** A stored capability file, hexadecimal; null when there is none. */
  readonly capability: string | null;
  /** A capability file needs this sequence or a higher one. */
  readonly sequenceFloor: number;
}

/** @throws LifecycleError */
export function readLifecycle(open: OpenPartition): LifecycleReport {
  const { lifecycle, capability, sequenceFloor } = new LifecycleLog(open("lifecycle")).read();
  return {
    lifecycle,
    secret: new DeviceSecretStore(open("device-secret")).state(),
    capability: capability === undefined ? null : toHex(capability),
    sequenceFloor,
  };
}

/**
 * Advances the lifecycle. Decommissioning destroys the device secret in the same change, as the boot ROM would at the next boot.
 * @param open changes flash
 * @throws LifecycleError `lifecycle-order`, `flash-worn`
 */
export function advanceLifecycle(open: OpenPartition, to: DeviceLifecycle): LifecycleReport {
  const log = new LifecycleLog(open("lifecycle"));
  log.advance(to);
  if (to === "decommissioned") new DeviceSecretStore(open("device-secret")).destroy();
  if (log.read().lifecycle !== to) throw new LifecycleError("flash-worn", `a device that is ${to}`, "another");
  return readLifecycle(open);
}

/** One counter of the state sectors. */
export interface CounterReport {
  readonly name: string;
  readonly value: number;
}

/** @throws StateError `state-missing` */
export function readCounters(slots: DeviceSlots): readonly CounterReport[] {
  const { counters } = slots.state;
  const value = (number: number): number => counters[number] ?? 0;
  return [
    { role: "root", image: ROOT_OF_TRUST_IMAGE } as const,
    { role: "runtime", image: RUNTIME_IMAGE } as const,
  ].flatMap(({ role, image }) => [
    { name: `${role} security counter`, value: value(securityCounter(image)) },
    { name: `${role} key epoch`, value: value(keyEpochCounter(image)) },
    // Odd while an erase is under way.
    { name: `${role}-a erase counter`, value: value(eraseCounter(image, "a")) },
    { name: `${role}-b erase counter`, value: value(eraseCounter(image, "b")) },
  ]);
}

/** The device's own log. */
export interface LogReport {
  /** Boots so far. */
  readonly boots: number;
  /** Why the next boot happens, if nothing more is done. */
  readonly nextReset: string;
  readonly dropped: { readonly root: number; readonly runtime: number };
  readonly failures: readonly FailureEntry[];
}

/** One failure record; what only the reporter said is under `report`, null when it is no report. */
export interface FailureEntry {
  readonly sequence: number;
  readonly repeats: number;
  readonly reporter: string;
  readonly delivered: boolean;
  readonly boot: number;
  /** Milliseconds from its boot's reset. */
  readonly uptime: number;
  readonly images: readonly { readonly digest: string; readonly version: string }[];
  readonly cause: string;
  readonly detail: object | null;
}

/** @param open gives copies: to open the log is to count a boot. @throws LogError */
export function readLog(open: OpenPartition): LogReport {
  const log = new CrashLog(open("log"));
  log.startBoot();
  const failures: FailureEntry[] = [];
  for (let after = 0; ; ) {
    const found = log.read(after, true);
    if (found === undefined) break;
    after = found.sequence;
    const { sequence, repeats, reporter, isAcknowledged, record } = found;
    failures.push({ sequence, repeats, reporter, delivered: isAcknowledged, ...describeRecord(record) });
  }
  return {
    boots: log.bootCount - 1,
    nextReset: log.lastReset,
    dropped: { root: log.dropped("root"), runtime: log.dropped("runtime") },
    failures,
  };
}

function describeRecord(bytes: Uint8Array): Pick<FailureEntry, "boot" | "uptime" | "images" | "cause" | "detail"> {
  const record = decodeFailureRecord(bytes);
  const images = record.images.map(({ digest, version }) => ({
    digest: toHex(digest),
    version: formatVersion(readVersion(version, 0)),
  }));
  const stamp = { boot: record.bootCount, uptime: record.uptime, images };
  try {
    const { cause, log } = decodeFailureReport(record);
    const { kind, ...detail } = cause;
    return { ...stamp, cause: kind, detail: { ...detail, ...(log.length === 0 ? {} : { log }) } };
  } catch {
    // The runtime may write anything; its stamp stands.
    return { ...stamp, cause: "unreadable", detail: null };
  }
}
