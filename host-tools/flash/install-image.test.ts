/** Flashing: the device's own upload on its files, all or nothing, and a reason for everything that is refused. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { confirmImages } from "../../bootloader/slots/confirm.ts";
import { isRefusal, startImage } from "../../bootloader/slots/start-image.ts";
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { DeviceFolder } from "../device/device-folder.ts";
import { DeviceSlots } from "../device/device-slots.ts";
import {
  epochKey,
  flashDigest,
  makeTestDevice,
  repository,
  type TestDevice,
  type TestDeviceOptions,
} from "../device/test-device.ts";
import { createUnsignedImage } from "../image/offline.ts";
import { vendorIdentifier } from "../image/uuid.ts";
import { trustedKeyText } from "../keys/key-file.ts";
import { testKey } from "../keys/test-key.ts";
import { installImage } from "./install-image.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-flash-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const make = (options?: TestDeviceOptions): TestDevice => makeTestDevice(join(folder, "device"), options);

function using<Result>({ path }: TestDevice, action: (opened: DeviceFolder) => Result): Result {
  const opened = new DeviceFolder(repository, path);
  try {
    return action(opened);
  } finally {
    opened.close();
  }
}

/** One start of the runtime by the device's own decision. */
function boot(device: TestDevice, isConfirming: boolean): string {
  return using(device, (opened) =>
    opened.change((open) => {
      const slots = new DeviceSlots(opened.record, open);
      const { pair, verifier } = slots.of("runtime");
      const options = { tryLimit: 1, isBaseConfirmed: true };
      const { started } = startImage(pair, slots.counters, verifier, options);
      const root = slots.confirmed("root");
      if (started === undefined || root === undefined || isRefusal(started.checked)) return "nothing";
      if (isConfirming) confirmImages([root, started], slots.counters);
      return `${started.slot} ${started.kind}`;
    }),
  );
}

describe.each(["virt-a7", "virt-rv32"])("installing on %s", (board) => {
  it("fills the slot that does not run, for a test at the next boot, and goes back when nobody confirms", () => {
    const device = make({ board });
    const image = device.image("runtime", "b", { version: parseVersion("1.1.0") });
    const installed = using(device, (opened) => installImage(opened, image));
    expect(installed).toMatchObject({ role: "runtime", slot: "b", version: "1.1.0+0", running: "1.0.0+0" });
    expect(boot(device, false)).toBe("b test");
    expect(boot(device, false)).toBe("a confirmed");
  });

  it("lets a confirmed image stay, and takes the next one into the other slot", () => {
    const device = make({ board });
    using(device, (opened) => installImage(opened, device.image("runtime", "b", { securityCounter: 6 })));
    expect(boot(device, true)).toBe("b test");
    expect(boot(device, false)).toBe("b confirmed");
    const next = device.image("runtime", "a", { version: parseVersion("1.2.0"), securityCounter: 6 });
    expect(using(device, (opened) => installImage(opened, next, "a"))).toMatchObject({ slot: "a" });
    expect(boot(device, false)).toBe("a test");
  });

  it("takes an image for the root of trust too", () => {
    const device = make({ board });
    const image = device.image("root", "b", { version: parseVersion("2") });
    expect(using(device, (opened) => installImage(opened, image))).toMatchObject({ role: "root", slot: "b" });
    const report = using(device, (opened) => new DeviceSlots(opened.record, opened.look()).report());
    expect(report[1]).toMatchObject({ role: "root", slot: "b", class: "test", next: "test" });
  });

  it("keeps the runtime that the confirmed root of trust starts, while another root of trust waits for its test", () => {
    const device = make({ board });
    const second = parseVersion("2.0.0");
    const newRoot = device.image("root", "b", { version: second });
    const dependent = { version: second, dependencies: [{ image: 0, minimum: second }] };
    const install = (image: Uint8Array) => using(device, (opened) => installImage(opened, image));
    install(newRoot);
    install(device.image("runtime", "b", dependent));
    // Both are tried, and power fails in their confirm behind the runtime's mark.
    using(device, (opened) =>
      opened.change((open) => {
        const slots = new DeviceSlots(opened.record, open);
        slots.of("root").pair.b.markTry(1);
        slots.of("runtime").pair.b.confirm();
        slots.counters.select(1, "b");
      }),
    );
    install(newRoot);
    expect(install(device.image("runtime", "b", dependent))).toMatchObject({ slot: "b", running: "1.0.0+0" });
  });

  it("replaces an image whose test is still to come", () => {
    const device = make({ board });
    for (const version of ["1.1.0", "1.0.5"]) {
      const image = device.image("runtime", "b", { version: parseVersion(version) });
      using(device, (opened) => installImage(opened, image));
    }
    const report = using(device, (opened) => new DeviceSlots(opened.record, opened.look()).report());
    expect(report[3]?.checked?.version).toEqual(parseVersion("1.0.5"));
  });
});

describe("what is refused", () => {
  const old = epochKey(0);
  const revoked = { ...testKey("ecdsa-p256"), revoked: true };

  interface Refused {
    readonly what: string;
    readonly code: string;
    readonly message: RegExp;
    readonly board?: string;
    readonly lifecycle?: DeviceLifecycle;
    readonly image: (device: TestDevice) => Uint8Array;
    readonly slot?: "a" | "b";
  }

  const CASES: readonly Refused[] = [
    ...(["provisioned", "secured"] as const).map((lifecycle) => ({
      what: `a plain file on a device that is ${lifecycle}`,
      code: "image-plain",
      message: new RegExp(`expected a signed image, found a plain file: this device is ${lifecycle}`),
      lifecycle,
      image: () => new Uint8Array(5000).fill(0x7f),
    })),
    {
      what: "an image that nobody has signed",
      code: "image-plain",
      message: /found an image that nobody has signed: this device is secured/,
      lifecycle: "secured",
      image: ({ keys }) =>
        createUnsignedImage(
          { payload: Uint8Array.of(1), version: parseVersion("1"), securityCounter: 5 },
          keys.runtime,
        ),
    },
    {
      what: "an image that was cut short",
      code: "slot-bounds",
      message: /expected/,
      image: (device) => device.image("runtime", "b").subarray(0, 5000),
    },
    {
      what: "an image for another board",
      code: "class-mismatch",
      message: /the image is for another board or stage$/,
      image: (device) => device.image("runtime", "b", { classId: new Uint8Array(16).fill(3) }),
    },
    {
      what: "another vendor's image",
      code: "vendor-mismatch",
      message: /another vendor's$/,
      image: (device) => device.image("runtime", "b", { vendorId: vendorIdentifier("example.com") }),
    },
    {
      what: "one changed byte",
      code: "digest-mismatch",
      message: /expected SHA-256/,
      image: (device) => {
        const image = device.image("runtime", "b");
        image[5000] = (image[5000] as number) ^ 1;
        return image;
      },
    },
    {
      what: "another signature",
      code: "signature-invalid",
      message: /expected a valid signature of a trusted key/,
      image: (device) => {
        const image = device.image("runtime", "b");
        image[image.length - 1] = (image[image.length - 1] as number) ^ 1;
        return image;
      },
    },
    {
      what: "a stranger's image",
      code: "key-unknown",
      message: /was not built to trust its signer for the runtime$/,
      image: (device) => device.image("runtime", "b", {}, testKey("ecdsa-p256")),
    },
    {
      what: "a runtime signed by the key for the root of trust",
      code: "key-unknown",
      message: /for the runtime$/,
      image: (device) => device.image("runtime", "b", {}, device.keys.root),
    },
    {
      what: "an image of a revoked key",
      code: "key-revoked",
      message: /trusted key/,
      image: (device) => device.image("runtime", "b", {}, revoked),
    },
    {
      what: "an image of a counter below the device's",
      code: "counter-too-low",
      message: /security counter of 5 or more, found 4: the device has confirmed a newer image, and never goes back/,
      image: (device) => device.image("runtime", "b", { securityCounter: 4 }),
    },
    {
      what: "an app package",
      code: "not-bootable",
      message: /a package/,
      image: (device) => device.image("runtime", "b", { bootable: false }),
    },
    {
      what: "an image that is larger than the slot",
      code: "slot-bounds",
      message: /expected image within/,
      image: (device) => device.image("runtime", "b", { payload: new Uint8Array(1 << 20) }),
    },
    {
      what: "an image for the slot that runs, on a board that runs it in place",
      code: "address-mismatch",
      message: /the image is for slot a, which runs; slot b is free \(build writes runtime-b\.img\)$/,
      board: "virt-rv32",
      image: (device) => device.image("runtime", "a"),
    },
    {
      what: "the slot that runs",
      code: "slot-running",
      message: /does not run, which is b, found --slot a$/,
      image: (device) => device.image("runtime", "b"),
      slot: "a",
    },
    {
      what: "any image on a decommissioned device",
      code: "device-decommissioned",
      message: /found a decommissioned one$/,
      lifecycle: "decommissioned",
      image: (device) => device.image("runtime", "b"),
    },
  ];

  it.each(CASES)("$what: $code, and nothing changes", ({ code, message, board, lifecycle, image, slot }) => {
    const device = make({
      trusted: [old, revoked],
      ...(board === undefined ? {} : { board }),
      ...(lifecycle === undefined ? {} : { lifecycle }),
    });
    if (lifecycle !== "decommissioned") boot(device, true);
    const before = flashDigest(device);
    const install = () => using(device, (opened) => installImage(opened, image(device), slot));
    expect(install).toThrow(
      expect.objectContaining({ name: "FlashRefusal", code, message: expect.stringMatching(message) }),
    );
    expect(flashDigest(device)).toBe(before);
    expect(readdirSync(device.path).sort()).toEqual(["device.json", "flash"]);
  });

  it("an old epoch's image, once one of a newer was confirmed", () => {
    const newer = epochKey(3);
    const device = make({ trusted: [old, newer] });
    expect(trustedKeyText(newer).epoch).toBe(3);
    using(device, (opened) => installImage(opened, device.image("runtime", "b", {}, newer)));
    expect(boot(device, true)).toBe("b test");
    const install = () => using(device, (opened) => installImage(opened, device.image("runtime", "a", {}, old)));
    expect(install).toThrow(expect.objectContaining({ code: "key-revoked" }));
  });

  it("anything where nothing confirmed starts", () => {
    const device = make();
    using(device, (opened) => opened.change((open) => open("runtime-a").eraseBlock(0)));
    const install = () => using(device, (opened) => installImage(opened, device.image("runtime", "b")));
    expect(install).toThrow(expect.objectContaining({ code: "nothing-runs" }));
  });
});

/** A file system of its own that only this process and its children see; undefined where this is not allowed. */
const namespace = [["-m"], ["-r", "-m"]].find(
  (flags) => spawnSync("unshare", [...flags, "mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", tmpdir()]).status === 0,
);

describe.skipIf(namespace === undefined)("a disk that is full", () => {
  it("leaves the device as it was, wherever it strikes, and flashing goes on once there is room", () => {
    const device = make();
    const image = join(folder, "image");
    writeFileSync(image, device.image("runtime", "b", { version: parseVersion("1.1.0") }));
    const mountPoint = join(folder, "mount");
    mkdirSync(mountPoint);
    const script = join(repository, "test", "devices", "small-disk.sh");
    const args = [script, device.path, mountPoint, join(repository, "holdfast"), image];
    const run = spawnSync("unshare", [...(namespace ?? []), ...args], { encoding: "utf8", timeout: 120_000 });
    const tries = [...run.stdout.matchAll(/^(\d+) (\d+) (same|other) (\d+) (.*)$/gm)].map(
      ([, , code, flash, files, said = ""]) => ({ code: Number(code), flash, files: Number(files), said: said.trim() }),
    );
    const last = tries.pop();
    expect(last, run.stdout + run.stderr).toMatchObject({ code: 0, flash: "other", files: 3 });
    expect(tries.length).toBeGreaterThanOrEqual(3);
    for (const { code, flash, files, said } of tries) {
      expect({ code, flash, files }).toEqual({ code: 2, flash: "same", files: 3 });
      expect(said).toMatch(/^holdfast: .*no space left on the disk/);
    }
  }, 180_000);
});
