/** Throw-away device folders for tests: real flash, small signed images that nothing could run, an identity that is nobody's. */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { join, resolve } from "node:path";
import type { SlotName } from "../../bootloader/counters/state-record.ts";
import { DeviceSecretStore } from "../../bootloader/lifecycle/device-secret-store.ts";
import { LifecycleLog } from "../../bootloader/lifecycle/lifecycle-log.ts";
import type { TrustText } from "../../bootloader/slots/trust.ts";
import { deviceId } from "../../protocol/dice/identifiers.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import type { ImageDescription } from "../../protocol/image/image.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { loadBoard, type SlotRole } from "../build/board.ts";
import { factoryContents } from "../build/factory-flash.ts";
import { imageRegion } from "../build/linker-script.ts";
import { replaceFile } from "../build/replace-file.ts";
import { createFlashFiles } from "../emulator/flash-image.ts";
import { openPartition } from "../flash/file-flash.ts";
import { hostIdentityPrimitives } from "../identity/crypto.ts";
import { signImage } from "../image/sign.ts";
import { classIdentifier, vendorIdentifier } from "../image/uuid.ts";
import { type ImageKey, trustedKeyText } from "../keys/key-file.ts";
import { testKey } from "../keys/test-key.ts";
import { FLASH_FOLDER } from "./device-folder.ts";
import { type DeviceRecord, RECORD_FILE } from "./device-record.ts";

/** Absolute path of the repository. */
export const repository = resolve(import.meta.dirname, "../..");

const LIFECYCLES: readonly DeviceLifecycle[] = ["blank", "provisioned", "secured", "decommissioned"];
/** Every partition of every board ends before this. */
const USED_BYTE_LENGTH = 8 << 20;
const VENDOR = vendorIdentifier("holdfast");

/** A device in a folder, and what signs images for it. */
export interface TestDevice {
  readonly path: string;
  readonly record: DeviceRecord;
  readonly keys: Readonly<Record<SlotRole, ImageKey>>;
  /** The device secret, to look for where it must not be. */
  readonly secret: Uint8Array;
  /** A signed image for this device, of version 1.0.0 with security counter 5 unless changed; by `signer` in place of its own key. */
  image(role: SlotRole, slot: SlotName, changes?: Partial<ImageDescription>, signer?: ImageKey): Uint8Array;
}

/** How a test device differs from a new one. */
export interface TestDeviceOptions {
  readonly board?: string;
  readonly lifecycle?: DeviceLifecycle;
  /** Further keys that it was built to trust for its runtime. */
  readonly trusted?: readonly ImageKey[];
}

/** Makes a device with images confirmed in its slots A. */
export function makeTestDevice(path: string, options: TestDeviceOptions = {}): TestDevice {
  const { board: name = "virt-a7", lifecycle = "provisioned", trusted = [] } = options;
  const board = loadBoard(repository, name);
  const keys = { root: testKey("ecdsa-p256"), runtime: testKey("ecdsa-p256") };
  const classOf = (role: SlotRole) => classIdentifier(`${name} ${role}`, VENDOR);
  const trustOf = (role: SlotRole): TrustText => ({
    keys: [keys[role], ...(role === "runtime" ? trusted : [])].map((key) => trustedKeyText(key)),
    vendorId: toHex(VENDOR),
    classId: toHex(classOf(role)),
    runAddress: { a: imageRegion(board, role, "a").base, b: imageRegion(board, role, "b").base },
  });
  const image: TestDevice["image"] = (role, slot, changes = {}, signer = keys[role]) => {
    const description = {
      payload: new Uint8Array(3000).fill(slot === "a" ? 0x0a : 0x0b),
      version: parseVersion("1.0.0"),
      headerByteLength: board.roles[role].headerByteLength,
      placement: { kind: "rom", address: imageRegion(board, role, slot).base },
      securityCounter: 5,
      softwareType: role,
      vendorId: VENDOR,
      classId: classOf(role),
    } as const;
    return signImage({ ...description, ...changes }, [signer]).bytes;
  };
  const rom = new Uint8Array(64);
  const contents = factoryContents(board, { rom, "root-a": image("root", "a"), "runtime-a": image("runtime", "a") });
  const files = createFlashFiles(board, join(path, FLASH_FOLDER), contents);
  const secret = new Uint8Array(randomBytes(32));
  const open = (partition: string) => openPartition(board, files, partition, "write");
  const [secretFlash, lifecycleFlash] = [open("device-secret"), open("lifecycle")];
  new DeviceSecretStore(secretFlash).write(secret);
  const log = new LifecycleLog(lifecycleFlash);
  log.format();
  for (const step of LIFECYCLES.slice(1, LIFECYCLES.indexOf(lifecycle) + 1)) log.advance(step);
  for (const flash of [secretFlash, lifecycleFlash]) flash.close();
  const identityKey = testKey("ecdsa-p256").publicKey.bytes;
  const record: DeviceRecord = {
    format: 1,
    device: toHex(deviceId(identityKey, hostIdentityPrimitives.sha256)),
    board: name,
    created: "2026-11-24T22:00:00.000Z",
    identityKey: toHex(identityKey),
    certificates: [],
    trust: { root: trustOf("root"), runtime: trustOf("runtime") },
  };
  replaceFile(join(path, RECORD_FILE), JSON.stringify(record));
  return { path, record, keys, secret, image };
}

/** What the flash files hold where a board may use them; behind that they are holes. */
export function flashDigest({ path, record }: TestDevice): string {
  const hash = createHash("sha256");
  for (const { name } of loadBoard(repository, record.board).flash) {
    const file = openSync(join(path, FLASH_FOLDER, `${name}.img`), "r");
    const bytes = Buffer.alloc(USED_BYTE_LENGTH);
    readSync(file, bytes, 0, bytes.length, 0);
    closeSync(file);
    hash.update(bytes);
  }
  return hash.digest("hex");
}

/** A key of an epoch. */
export function epochKey(epoch: number): ImageKey {
  return { ...testKey("ecdsa-p256"), epoch };
}
