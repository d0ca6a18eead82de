/** Signed images through upload, start and confirm, with the real verifier on simulated flash. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hostImageCrypto, signDigest } from "../../host-tools/image/crypto.ts";
import { memoryImageSource } from "../../host-tools/image/source.ts";
import { type ImageKey, trustedKey } from "../../host-tools/keys/key-file.ts";
import { testKey } from "../../host-tools/keys/test-key.ts";
import { attachSignatures, type ImageDescription, prepareImage } from "../../protocol/image/image.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import { CounterLog } from "../counters/counter-log.ts";
import { keyEpochCounter, RUNTIME_IMAGE, securityCounter } from "../counters/counter-names.ts";
import { confirmImages } from "./confirm.ts";
import { ImageUpload } from "./image-upload.ts";
import { Slot } from "./slot.ts";
import type { SlotPair } from "./slot-pair.ts";
import { SlotVerifier } from "./slot-verifier.ts";
import { startImage } from "./start-image.ts";
import { encodeConfirmedTrailer } from "./trailer-layout.ts";

const BLOCK = 1024;
const OLD_KEY = testKey("ecdsa-p256");
const NEW_KEY = testKey("ecdsa-p256");
const BASE: ImageDescription = {
  payload: new Uint8Array(700).fill(0xc3),
  version: parseVersion("1.0.0"),
  placement: { kind: "ram", address: 0x40100000 },
  securityCounter: 1,
  softwareType: "RUNTIME",
  vendorId: new Uint8Array(16).fill(0x11),
  classId: new Uint8Array(16).fill(0x22),
};

function signed(changes: Partial<ImageDescription>, key: ImageKey): Uint8Array {
  const region = prepareImage({ ...BASE, ...changes });
  const digest = new Uint8Array(createHash("sha256").update(region).digest());
  return attachSignatures(region, digest, [signDigest(digest, key)]);
}

/** A device that the factory has given version 1.0.0 in slot a. */
class Device {
  readonly chip = new NorChip({ unit: 8, blocks: [512, 512, BLOCK, BLOCK, BLOCK, BLOCK] }, 1);
  readonly log = new CounterLog(chipArea(this.chip, 0, 2));
  readonly pair: SlotPair = {
    image: RUNTIME_IMAGE,
    a: new Slot(chipArea(this.chip, 2, 2)),
    b: new Slot(chipArea(this.chip, 4, 2)),
  };
  rootVersion = "1.0.0";
  readonly verifier = new SlotVerifier({
    keys: [
      { key: trustedKey(OLD_KEY), epoch: 0 },
      { key: trustedKey(NEW_KEY), epoch: 1 },
    ],
    crypto: hostImageCrypto,
    source: (slot) => {
      const { flash, layout } = this.pair[slot];
      return memoryImageSource(new Uint8Array(flash.read(layout.start, 0)));
    },
    policy: () => ({
      vendorId: BASE.vendorId ?? "any",
      classId: BASE.classId ?? "any",
      installedVersion: (image) => (image === 0 ? parseVersion(this.rootVersion) : undefined),
      runAddress: 0x40100000,
    }),
  });
  #start = () => startImage(this.pair, this.log, this.verifier, { tryLimit: 1, isBaseConfirmed: true });

  constructor() {
    this.log.format();
    const image = signed({}, OLD_KEY);
    const padded = new Uint8Array(Math.ceil(image.length / 8) * 8).fill(0xff);
    padded.set(image);
    this.pair.a.flash.write(padded, 0);
    const { layout } = this.pair.a;
    const trailer = encodeConfirmedTrailer(layout);
    this.pair.a.flash.write(trailer, layout.start);
  }

  /** Starts what is to be started, and forgets all else. */
  boot() {
    this.chip.powerUp();
    const { started, refused } = this.#start();
    if (started === undefined) throw new Error(`nothing started: ${JSON.stringify(refused)}`);
    return { started, refused };
  }

  upload(image: Uint8Array): void {
    const upload = new ImageUpload({ ...this, running: [this.boot().started] });
    upload.begin(image.length);
    for (let offset = 0; offset < image.length; ) offset = upload.write(offset, image.subarray(offset, offset + 100));
    upload.finish();
  }
}

describe("SlotVerifier", () => {
  it("takes a device from the factory's image to one of a newer key, which revokes the older", () => {
    const device = new Device();
    expect(device.boot().started).toMatchObject({ slot: "a", kind: "confirmed", isConfirmed: true });
    device.upload(signed({ version: parseVersion("2.0.0"), securityCounter: 4 }, NEW_KEY));
    const { started } = device.boot();
    expect(started).toMatchObject({ slot: "b", kind: "test", checked: { keyEpoch: 1, securityCounter: 4 } });
    expect(device.log.read()?.counters[securityCounter(RUNTIME_IMAGE)]).toBe(1);
    confirmImages([started], device.log);
    expect(device.log.read()?.counters[securityCounter(RUNTIME_IMAGE)]).toBe(4);
    expect(device.log.read()?.counters[keyEpochCounter(RUNTIME_IMAGE)]).toBe(1);
    expect(device.boot().started).toMatchObject({ slot: "b", kind: "confirmed" });
    expect(() => device.upload(signed({ version: parseVersion("3.0.0"), securityCounter: 9 }, OLD_KEY))).toThrow(
      expect.objectContaining({ code: "image-refused", detail: "key-revoked" }),
    );
    expect(() => device.upload(signed({ version: parseVersion("3.0.0"), securityCounter: 3 }, NEW_KEY))).toThrow(
      expect.objectContaining({ code: "image-refused", detail: "counter-too-low" }),
    );
    expect(device.boot().started).toMatchObject({ slot: "b", kind: "confirmed" });
  });

  it("starts the predecessor of an image that does not confirm", () => {
    const device = new Device();
    device.upload(signed({ version: parseVersion("2.0.0"), securityCounter: 4 }, NEW_KEY));
    expect(device.boot().started.kind).toBe("test");
    expect(device.boot().started).toMatchObject({ slot: "a", kind: "confirmed" });
    expect(device.log.read()?.counters.slice(0, 4)).toEqual([0, 1, 0, 0]);
  });

  it("lets an image wait for the root of trust that it depends on", () => {
    const device = new Device();
    const dependencies = [{ image: 0, minimum: parseVersion("2.0.0") }];
    device.upload(signed({ version: parseVersion("2.0.0"), dependencies }, OLD_KEY));
    expect(device.boot()).toMatchObject({ started: { slot: "a" }, refused: [{ slot: "b", code: "dependency-unmet" }] });
    device.rootVersion = "2.0.0";
    expect(device.boot()).toMatchObject({ started: { slot: "b", kind: "test" }, refused: [] });
  });

  it("starts the other slot when a byte of the image has changed", () => {
    const device = new Device();
    device.upload(signed({ version: parseVersion("2.0.0") }, OLD_KEY));
    confirmImages([device.boot().started], device.log);
    const at = 2 * 512 + 2 * BLOCK + 400;
    device.chip.preset(Uint8Array.of(0xc2), at);
    expect(device.boot()).toMatchObject({ started: { slot: "a" }, refused: [{ slot: "b", code: "digest-mismatch" }] });
  });

  it("passes on what is no refusal", () => {
    const device = new Device();
    const broken = new SlotVerifier({
      keys: [],
      crypto: hostImageCrypto,
      source: () => {
        throw new RangeError("no such slot");
      },
      policy: () => ({ vendorId: "any", classId: "any", installedVersion: "any", runAddress: "any" }),
    });
    expect(() => broken.verify("a", { securityCounter: 0, keyEpoch: 0 }, "start")).toThrow(RangeError);
    expect(device.verifier.verify("b", { securityCounter: 0, keyEpoch: 0 }, "start")).toEqual({
      refused: "image-magic",
      isWaiting: false,
    });
  });
});
