/** Device folders: read through the device's own code without a trace, changed all or nothing, used by one at a time. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CounterLog } from "../../bootloader/counters/counter-log.ts";
import { CrashLog } from "../../bootloader/log/crash-log.ts";
import { FailureLog } from "../../bootloader/log/failure-log.ts";
import { DeviceFolder } from "./device-folder.ts";
import { readDeviceRecord } from "./device-record.ts";
import { DeviceSlots } from "./device-slots.ts";
import { advanceLifecycle, readCounters, readLifecycle, readLog } from "./device-state.ts";
import { flashDigest, makeTestDevice, repository, type TestDevice } from "./test-device.ts";

let folder: string;
let device: TestDevice;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-device-"));
  device = makeTestDevice(join(folder, "device"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const refusal = (code: string) => expect.objectContaining({ name: "DeviceError", code });

/** Opens the device, and lets it go whatever happens. */
function using<Result>(action: (opened: DeviceFolder) => Result): Result {
  const opened = new DeviceFolder(repository, device.path);
  try {
    return action(opened);
  } finally {
    opened.close();
  }
}

/** Everything in the folder, as hashes. */
function contents(): Record<string, string> {
  return { record: readFileSync(join(device.path, "device.json"), "utf8"), flash: flashDigest(device) };
}

describe("looking at a device", () => {
  it("shows what its own code reads", () => {
    using((opened) => {
      const open = opened.look();
      const slots = new DeviceSlots(opened.record, open);
      expect(readLifecycle(open)).toEqual({
        lifecycle: "provisioned",
        secret: "present",
        capability: null,
        sequenceFloor: 0,
      });
      expect(
        slots.report().map(({ role, slot, class: found, next, refused }) => [role, slot, found, next, refused]),
      ).toEqual([
        ["root", "a", "confirmed", "confirmed", undefined],
        ["root", "b", "empty", undefined, undefined],
        ["runtime", "a", "confirmed", "confirmed", undefined],
        ["runtime", "b", "empty", undefined, undefined],
      ]);
      expect(readCounters(slots)).toHaveLength(8);
      expect(readLog(open)).toEqual({
        boots: 0,
        nextReset: "power-on",
        dropped: { root: 0, runtime: 0 },
        failures: [],
      });
    });
  });

  it("changes not one byte, although that code counts boots and settles what a cut left", () => {
    const before = contents();
    using((opened) => {
      const open = opened.look();
      readLog(open);
      advanceLifecycle(open, "secured");
      new CounterLog(open("state")).raise(0, 9);
    });
    expect(contents()).toEqual(before);
    expect(readdirSync(device.path).sort()).toEqual(["device.json", "flash"]);
  });

  it("tells failures with what is vouched for and what is hearsay", () => {
    using((opened) =>
      opened.change((open) => {
        const log = new CrashLog(open("log"));
        log.startBoot();
        const failures = new FailureLog({
          log,
          uptime: () => 1234,
          images: [{ digest: new Uint8Array(32).fill(7), version: Uint8Array.of(1, 2, 3, 0, 4, 0, 0, 0) }],
        });
        const cause = { kind: "memory-fault", region: "runtime", address: 0x40 } as const;
        const image = new Uint8Array(32);
        const report = {
          component: new Uint8Array(16),
          image,
          build: new Uint8Array(0),
          cause,
          heap: undefined,
          log: [],
        };
        failures.report(report);
        failures.report(report);
        log.prepareReset("fault");
      }),
    );
    const report = using((opened) => readLog(opened.look()));
    expect(report).toMatchObject({ boots: 1, nextReset: "fault" });
    expect(report.failures).toMatchObject([
      {
        sequence: 1,
        repeats: 1,
        reporter: "root",
        boot: 1,
        uptime: 1234,
        cause: "memory-fault",
        detail: { region: "runtime", address: 0x40 },
        images: [{ version: "1.2.3+4" }],
      },
    ]);
  });
});

describe("changing a device", () => {
  it("goes forward in the lifecycle, and never back", () => {
    const advance = (to: "provisioned" | "secured" | "decommissioned") =>
      using((opened) => opened.change((open) => advanceLifecycle(open, to)));
    expect(advance("secured")).toMatchObject({ lifecycle: "secured", secret: "present" });
    expect(() => advance("provisioned")).toThrow(expect.objectContaining({ code: "lifecycle-order" }));
    expect(using((opened) => readLifecycle(opened.look()))).toMatchObject({ lifecycle: "secured" });
  });

  it("leaves nothing of the secret of a decommissioned device", () => {
    const holds = (bytes: Uint8Array): boolean =>
      readFileSync(join(device.path, "flash", "bank0.img")).includes(Buffer.from(bytes));
    expect(holds(device.secret)).toBe(true);
    using((opened) => opened.change((open) => advanceLifecycle(open, "decommissioned")));
    expect(holds(device.secret)).toBe(false);
    expect(holds(device.secret.map((byte) => ~byte))).toBe(false);
    expect(using((opened) => readLifecycle(opened.look()))).toMatchObject({ secret: "destroyed" });
  });

  it("changes nothing when it fails half way", () => {
    const before = contents();
    const fail = () =>
      using((opened) =>
        opened.change((open) => {
          advanceLifecycle(open, "decommissioned");
          throw new RangeError("on purpose");
        }),
      );
    expect(fail).toThrow("on purpose");
    expect(contents()).toEqual(before);
    expect(readdirSync(device.path).sort()).toEqual(["device.json", "flash"]);
  });

  it("keeps its secret out of its record", () => {
    const text = readFileSync(join(device.path, "device.json"), "latin1");
    for (const encoding of ["hex", "base64", "base64url", "latin1"] as const)
      expect(text).not.toContain(Buffer.from(device.secret).toString(encoding));
  });
});

describe("a device is used by one at a time", () => {
  it("and says by whom", () => {
    const first = new DeviceFolder(repository, device.path);
    expect(() => new DeviceFolder(repository, device.path)).toThrow(refusal("device-busy"));
    first.close();
    first.close();
    using(() => {});
  });

  it("and is free again when that process is gone", () => {
    const { pid } = spawnSync("true");
    writeFileSync(join(device.path, "lock"), `${pid}\n`);
    using(() => {});
    expect(readdirSync(device.path)).not.toContain("lock");
  });

  it("and a lock of nobody knows whom is left alone", () => {
    writeFileSync(join(device.path, "lock"), "");
    expect(() => new DeviceFolder(repository, device.path)).toThrow(refusal("device-busy"));
  });
});

describe("device.json", () => {
  it.each<[string, object]>([
    ["another format", { format: 2 }],
    ["a name that is not its key's", { device: "00".repeat(32) }],
    ["a key that is none", { identityKey: "04" }],
    ["no board", { board: undefined }],
    ["no trust", { trust: undefined }],
    ["no certificates", { certificates: "none" }],
  ])("is refused with %s", (_what, change) => {
    writeFileSync(join(device.path, "device.json"), JSON.stringify({ ...device.record, ...change }));
    expect(() => readDeviceRecord(device.path)).toThrow(refusal("device-record"));
  });

  it("is refused when it is no JSON, or too large, or absent", () => {
    const path = join(device.path, "device.json");
    for (const text of ["", "{", "null", "x".repeat(70_000)]) {
      writeFileSync(path, text);
      expect(() => readDeviceRecord(device.path)).toThrow(refusal("device-record"));
    }
    rmSync(path);
    for (const where of [device.path, join(folder, "absent"), join(device.path, "flash", "bank0.img")])
      expect(() => readDeviceRecord(where)).toThrow(refusal("device-missing"));
  });
});
