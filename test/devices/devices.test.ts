/** Devices through the real command line, from provisioning to an image that is tested at the next boot, on every board. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DeviceSecretStore } from "../../bootloader/lifecycle/device-secret-store.ts";
import { boardNames, loadBoard } from "../../host-tools/build/board.ts";
import { flashFilesIn } from "../../host-tools/device/device-folder.ts";
import { openPartition } from "../../host-tools/flash/file-flash.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { buildProduct, type CliRun, holdfast, onlyObject, type Product, remake, root } from "../boards/product.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-devices-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BOOT = 240_000;
/** Ends a run that does not end itself. */
const TIMEOUT = ["--timeout", "120"];

/** Reads the device's secret as somebody with the chip's cells in hand would, to look for it where it must not be. */
function secretOf(board: string, device: string): Buffer {
  const flash = openPartition(
    loadBoard(root, board),
    flashFilesIn(loadBoard(root, board), join(device, "flash")),
    "device-secret",
    "read",
  );
  try {
    return Buffer.from(new DeviceSecretStore(flash).read());
  } finally {
    flash.close();
  }
}

describe.each(boardNames(root))("a device of %s", (board) => {
  const device = join(folder, board);
  let product: Product;
  let made: CliRun;
  let record: Record<string, unknown>;
  const run = (...args: string[]) => holdfast([...args, "--json"]);
  const show = async (what: string) => onlyObject(await run("device", what, "--device", device));

  beforeAll(async () => {
    product = await buildProduct(board);
    made = await run("provision", "--board", board, "--out", device, ...TIMEOUT);
    expect(made.exitCode, made.error).toBe(0);
    record = onlyObject(made);
  }, 2 * BOOT);

  it("is provisioned with an identity of its own, and tells no secret", async () => {
    expect(record).toMatchObject({ board, lifecycle: "provisioned", device: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const secret = secretOf(board, device);
    const told = made.out + made.error + readFileSync(join(device, "device.json"), "latin1");
    for (const encoding of ["hex", "base64", "base64url", "latin1"] as const)
      expect(told.toLowerCase()).not.toContain(secret.toString(encoding).toLowerCase());
    expect(readdirSync(device).sort()).toEqual(["device.json", "flash"]);
    expect(await show("show")).toMatchObject({
      device: record.device,
      boots: 1,
      failures: 0,
      lifecycle: "provisioned",
    });
  });

  it("is never overwritten", async () => {
    const again = await run("provision", "--board", board, "--out", device);
    expect([again.exitCode, onlyObject(again)]).toMatchObject([2, { error: { code: "device-exists" } }]);
  });

  it(
    "is somebody else than the next device, which is made of the same files",
    async () => {
      const other = join(folder, `${board}-other`);
      const result = onlyObject(await run("provision", "--board", board, "--out", other, "--secure", ...TIMEOUT));
      expect(result).toMatchObject({ lifecycle: "secured" });
      expect(result.device).not.toBe(record.device);
      expect(secretOf(board, other).equals(secretOf(board, device))).toBe(false);
    },
    BOOT,
  );

  it(
    "remembers: it is the same device at its next boot",
    async () => {
      const booted = onlyObject(await run("run", "--device", device, "--once", ...TIMEOUT));
      expect(booted).toMatchObject({ device: record.device, verified: true });
      expect(await show("log")).toMatchObject({ boots: 2, failures: [] });
    },
    BOOT,
  );

  it(
    "tests an image that is flashed at its next boot, and refuses others with a reason",
    async () => {
      const slotB = product.build.images.find(({ role, slot }) => role === "runtime" && slot !== "a");
      const path = slotB?.path ?? product.build.image.path;
      const source = { ...product, image: Uint8Array.from(readFileSync(path)) };
      const image = join(folder, `${board}.img`);
      writeFileSync(image, remake(source, { version: parseVersion("0.9.0") }, product.key));
      const flash = (file: string) => run("flash", "--device", device, "--image", file);
      expect(onlyObject(await flash(image))).toMatchObject({ role: "runtime", slot: "b", version: "0.9.0+0" });
      const { slots } = (await show("slots")) as { slots: object[] };
      expect(slots[3]).toMatchObject({ role: "runtime", slot: "b", class: "test", next: "test" });
      const booted = onlyObject(await run("run", "--device", device, "--once", ...TIMEOUT));
      expect(booted).toMatchObject({ device: record.device, image: { version: "0.9.0+0" } });

      expect((await run("device", "lifecycle", "--device", device, "--to", "secured")).exitCode).toBe(0);
      writeFileSync(image, Buffer.alloc(4096, 1));
      const plain = await flash(image);
      expect([plain.exitCode, onlyObject(plain)]).toMatchObject([1, { error: { code: "image-plain" } }]);
      expect(onlyObject(plain)).toMatchObject({
        error: { message: expect.stringContaining("this device is secured") },
      });
    },
    BOOT,
  );

  it("takes no board, app or image beside it in a run", async () => {
    for (const other of ["--board", "--app", "--image"]) {
      const result = await run("run", "--device", device, other, board);
      expect([result.exitCode, onlyObject(result)]).toMatchObject([2, { error: { code: "usage" } }]);
    }
  });

  it(
    "leaves nothing behind when it does not come up in time",
    async () => {
      const late = join(folder, "late");
      const result = await run("provision", "--board", board, "--out", late, "--timeout", "0.05");
      expect([result.exitCode, onlyObject(result)]).toMatchObject([1, { error: { code: "provision-failed" } }]);
      expect(readdirSync(folder).filter((name) => name.includes("late"))).toEqual([]);
    },
    BOOT,
  );
});

/** A file system of its own that only this process and its children see; undefined where this is not allowed. */
const namespace = [["-m"], ["-r", "-m"]].find(
  (flags) => spawnSync("unshare", [...flags, "mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", tmpdir()]).status === 0,
);

describe.skipIf(namespace === undefined)("a disk that is full", () => {
  it(
    "ends provisioning with one line, and leaves nothing behind",
    () => {
      const mountPoint = join(folder, "mount");
      mkdirSync(mountPoint);
      const script = `mount -t tmpfs -o size=2m tmpfs "$1" && "$2" provision --board virt-a7 --out "$1/device"; echo "exit $?"; ls -A "$1"`;
      const args = [...(namespace ?? []), "sh", "-c", script, "sh", mountPoint, join(root, "holdfast")];
      const { stdout, stderr } = spawnSync("unshare", args, { encoding: "utf8", timeout: BOOT });
      expect(stdout).toMatch(/exit 2\n$/);
      expect(stderr).toMatch(/^holdfast: .*no space left on the disk$/m);
    },
    BOOT,
  );
});
