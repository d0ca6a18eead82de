/** Installs an image on a device that is a folder, by the device's own upload: into the slot that does not run, tested at the next boot. */
import type { SlotName } from "../../bootloader/counters/state-record.ts";
import { ImageUpload } from "../../bootloader/slots/image-upload.ts";
import { SlotError } from "../../bootloader/slots/slot-error.ts";
import { floorOf, otherSlot, type StartedImage } from "../../bootloader/slots/slot-pair.ts";
import type { CheckedSlotImage } from "../../bootloader/slots/slot-verifier.ts";
import { verifyImage } from "../../bootloader/verify.ts";
import { equalBytes, hexNumber, toHex } from "../../protocol/image/bytes.ts";
import { ImageError } from "../../protocol/image/errors.ts";
import { TLV_CLASS_ID } from "../../protocol/image/tlv.ts";
import { formatVersion } from "../../protocol/image/version.ts";
import type { SlotRole } from "../build/board.ts";
import type { DeviceFolder } from "../device/device-folder.ts";
import { DeviceSlots, type RoleSlots } from "../device/device-slots.ts";
import { readLifecycle } from "../device/device-state.ts";
import { hostImageCrypto } from "../image/crypto.ts";
import { readUnsignedImage, signedTlvs } from "../image/offline.ts";
import { memoryImageSource } from "../image/source.ts";

/** An image was not installed, and nothing was changed; `code` is the device's own, or one of those below. */
export class FlashRefusal extends Error {
  override readonly name: string = "FlashRefusal";
  /**
   * An ImageErrorCode or SlotErrorCode, or
   * - `image-plain`: it is not signed, and nothing that is not starts on any device
   * - `nothing-runs`: no confirmed image that the device would start, so that nobody knows which slot is free
   * - `device-decommissioned`: the device takes no image any more
   */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What was installed. */
export interface Installed {
  readonly role: SlotRole;
  readonly slot: SlotName;
  readonly version: string;
  readonly securityCounter: number;
  /** SHA-256 of the signed region, hexadecimal. */
  readonly digest: string;
  readonly imageByteLength: number;
  /** Version of the image that goes on running if the test fails. */
  readonly running: string;
}

/**
 * Installs an image: all of it, or nothing. What it replaces is the other slot, never the one that runs.
 * @param wanted the slot that the caller expects it to go to
 * @throws FlashRefusal; DeviceError, FileFlashError, OutputFileError when files cannot be used
 */
export function installImage(folder: DeviceFolder, image: Uint8Array, wanted?: SlotName): Installed {
  const looked = folder.look();
  const { lifecycle } = readLifecycle(looked);
  if (lifecycle === "decommissioned")
    throw new FlashRefusal("device-decommissioned", "expected a device in use, found a decommissioned one");
  const slots = new DeviceSlots(folder.record, looked);
  const role = roleOf(image, slots, lifecycle);
  const running = runningImages(slots);
  const own = running[role];
  const target = otherSlot(own.slot);
  if (wanted !== undefined && wanted !== target)
    throw new FlashRefusal(
      "slot-running",
      `expected the slot of the ${role} that does not run, which is ${target}, found --slot ${wanted}`,
    );
  const checked = checkImage(slots.of(role), slots, image, target);
  folder.change((open) => {
    upload(new DeviceSlots(folder.record, open), role, image);
    const { start } = slots.of(role).pair[target].layout;
    // Verified once more as it lies there, beyond what the upload looked at: the flash must hold these bytes and no others.
    const written = new Uint8Array(open(`${role}-${target}`).read(start, 0));
    if (!equalBytes(written.subarray(0, image.length), image))
      throw new FlashRefusal("flash-failed", `expected the image in slot ${target}, found other bytes`);
  });
  return {
    role,
    slot: target,
    version: formatVersion(checked.header.version),
    securityCounter: checked.securityCounter ?? 0,
    digest: toHex(checked.digest),
    imageByteLength: checked.imageByteLength,
    running: formatVersion(own.checked.version),
  };
}

type Running = Readonly<Record<SlotRole, StartedImage<CheckedSlotImage>>>;

function runningImages(slots: DeviceSlots): Running {
  const of = (role: SlotRole): StartedImage<CheckedSlotImage> => {
    const found = slots.confirmed(role);
    if (found !== undefined) return found;
    throw new FlashRefusal(
      "nothing-runs",
      `expected a confirmed ${role} image that the device starts, found none (see holdfast device slots)`,
    );
  };
  return { root: of("root"), runtime: of("runtime") };
}

/** Which stage the image is for, by its class; plain files are told here, because no later check would say what they are. */
function roleOf(image: Uint8Array, slots: DeviceSlots, lifecycle: string): SlotRole {
  const classId = classOf(image, lifecycle);
  return classId !== undefined && equalBytes(classId, slots.of("root").trust.classId) ? "root" : "runtime";
}

function classOf(image: Uint8Array, lifecycle: string): Uint8Array | undefined {
  let found: string;
  try {
    const { region, signatures } = readUnsignedImage(image);
    if (signatures.length > 0) return signedTlvs(region).find(({ type }) => type === TLV_CLASS_ID)?.value;
    found = "an image that nobody has signed";
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    // Any other fault is for the device's own checks to name.
    if (error.code !== "image-magic") return undefined;
    found = "a plain file";
  }
  const device = lifecycle === "secured" ? "this device is secured" : `this device is ${lifecycle}`;
  throw new FlashRefusal(
    "image-plain",
    `expected a signed image, found ${found}: ${device}, and would refuse it at every start (see holdfast image sign)`,
  );
}

/** The device's own checks with what the device holds, before anything is written. */
function checkImage(role: RoleSlots, slots: DeviceSlots, image: Uint8Array, target: SlotName) {
  const { trust, pair } = role;
  const floor = floorOf(pair.image, slots.state);
  try {
    return verifyImage(
      memoryImageSource(image),
      {
        profile: "holdfast",
        keys: trust.keys.map(({ key, epoch }) => ({ ...key, revoked: key.revoked || epoch < floor.keyEpoch })),
        minimumCounter: floor.securityCounter,
        vendorId: trust.vendorId,
        classId: trust.classId,
        slotByteLength: pair[target].layout.start,
        // What it depends on may be installed next; the device looks at its start.
        installedVersion: "any",
        bootable: true,
        runAddress: trust.runAddress[target],
      },
      hostImageCrypto,
    );
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new FlashRefusal(error.code, `${error.message}${hint(error, role, target)}`);
  }
}

/** What the person can do about it, where that is not plain. */
function hint({ code, found }: ImageError, { role, trust }: RoleSlots, target: SlotName): string {
  const other = otherSlot(target);
  if (code === "address-mismatch" && found === hexNumber(trust.runAddress[other]))
    return `: the image is for slot ${other}, which runs; slot ${target} is free (build writes ${role}-${target}.img)`;
  if (code === "counter-too-low") return ": the device has confirmed a newer image, and never goes back behind it";
  if (code === "class-mismatch") return ": the image is for another board or stage";
  if (code === "vendor-mismatch") return ": the image is another vendor's";
  if (code === "key-unknown") return `: the device was not built to trust its signer for the ${role}`;
  return "";
}

function upload(slots: DeviceSlots, role: SlotRole, image: Uint8Array): void {
  const { pair, verifier } = slots.of(role);
  const running = runningImages(slots);
  try {
    const options = { pair, log: slots.counters, verifier, running: [running.root, running.runtime] };
    const transfer = new ImageUpload(options);
    transfer.begin(image.length);
    transfer.write(0, image);
    transfer.finish();
  } catch (error) {
    if (!(error instanceof SlotError)) throw error;
    throw new FlashRefusal(error.code, error.message);
  }
}
