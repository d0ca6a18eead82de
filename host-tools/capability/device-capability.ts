/** Capability files of a device that is off: verified and stored in its flash by its own code. */
import { takeCapability } from "../../bootloader/lifecycle/capability-control.ts";
import { LifecycleLog, type LifecycleState } from "../../bootloader/lifecycle/lifecycle-log.ts";
import type { Capability } from "../../protocol/capability/capability.ts";
import { CapabilityError } from "../../protocol/capability/errors.ts";
import { fromHex } from "../../protocol/image/bytes.ts";
import type { DeviceFolder } from "../device/device-folder.ts";
import { readLog } from "../device/device-state.ts";
import { type ImageKey, trustedKey } from "../keys/key-file.ts";
import { hostEs256 } from "./capability-file.ts";

/** What a device has stored, and what it will take. */
export type CapabilityState = Pick<LifecycleState, "lifecycle" | "capability" | "sequenceFloor">;

/**
 * Stores a file as the root of trust would, if the device takes it. In force from the next boot on, when the root of trust verifies
 * it again with the keys that it was built with.
 * @param keys those that the device is known to trust for capability files
 * @throws CapabilityError, `lifecycle` also for a file for one boot; LifecycleError, LogError, FileFlashError
 */
export function applyCapability(folder: DeviceFolder, file: Uint8Array, keys: readonly ImageKey[]): Capability {
  const nextBoot = readLog(folder.look()).boots + 1;
  return folder.change((open) => {
    const taken = takeCapability(new LifecycleLog(open("lifecycle")), file, {
      deviceId: fromHex(folder.record.device),
      keys: keys.map((key) => trustedKey(key)),
      crypto: hostEs256,
      bootCount: nextBoot,
    });
    if (taken.use === "one-boot") {
      throw new CapabilityError(
        "lifecycle",
        "a file to be stored",
        "one for one boot, which a device takes while it runs",
      );
    }
    return taken;
  });
}

/**
 * Forgets the stored file, and refuses every other one up to a sequence from now on.
 * @throws LifecycleError, FileFlashError
 */
export function revokeCapability(folder: DeviceFolder, sequence: number): CapabilityState {
  return folder.change((open) => {
    const log = new LifecycleLog(open("lifecycle"));
    log.clearCapability(sequence);
    return log.read();
  });
}
