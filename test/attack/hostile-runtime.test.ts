/**
 * A runtime that is the attacker's, with all the rights that a runtime has, on the product's own boot ROM and root of trust: what
 * it can reach, ask for, forge, erase and break (1d, 2a, 2b, 3a, 6b, 7a). What it may install is in updates.test.ts, what machine code
 * can try against the switch between the worlds in test/boards/worlds.test.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DeviceSecretStore } from "../../bootloader/lifecycle/device-secret-store.ts";
import { boardNames } from "../../host-tools/build/board.ts";
import { type BuildResult, buildBoard } from "../../host-tools/build/build.ts";
import { readLog } from "../../host-tools/device/device-state.ts";
import { openPartition } from "../../host-tools/flash/file-flash.ts";
import { MemoryFlash } from "../../host-tools/flash/memory-flash.ts";
import { hostIdentityCrypto } from "../../host-tools/identity/crypto.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { verifyAttestation } from "../../protocol/eat/attestation.ts";
import { fromHex, toHex } from "../../protocol/image/bytes.ts";
import { root } from "../boards/device-program.ts";
import { UpdateDevice } from "./updates/device.ts";

const MASK = 0xa5;
const crypto = hostIdentityCrypto();

/** What belongs to the stages below, and the RAM that a runtime can read or share with devices. */
const BOARDS = {
  "virt-a7": {
    places: {
      "boot ROM's flash": 0x0,
      "root of trust's flash": 0x80000,
      "device secret": 0x180000,
      "state flash": 0x200000,
      "lifecycle flash": 0x280000,
      "log flash": 0x300000,
      "its own flash": 0x400000,
      "the other slot": 0x500000,
      "root of trust's image": 0x0e061000,
      "secure RAM": 0x0e0f0000,
      "hand-over": 0x0e0fe000,
      "secure serial port": 0x09040000,
      "power switch": 0x090b0000,
    },
    ram: [0x40000000, 0x400000],
  },
  "virt-rv32": {
    places: {
      "boot ROM's flash": 0x20000000,
      "root of trust's flash": 0x22000200,
      "the other root of trust": 0x22080000,
      "device secret": 0x22480000,
      "state flash": 0x22300000,
      "lifecycle flash": 0x22380000,
      "log flash": 0x22400000,
      "the other slot": 0x22200000,
      "secure RAM": 0x80008000,
      "hand-over": 0x8000f400,
      "flash routine": 0x8000fc00,
      "memory for devices": 0x80010000,
      "machine timer": 0x02004000,
      "power switch": 0x00100000,
      "devices with DMA": 0x10001000,
    },
    ram: [0x80040000, 0x40000],
  },
} as const;

describe.each(boardNames(root) as (keyof typeof BOARDS)[])("a hostile runtime on %s", (name) => {
  const { places, ram } = BOARDS[name];
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-hostile-"));
  let build: BuildResult;
  let device: UpdateDevice;
  let secret: Uint8Array;

  beforeAll(async () => {
    const folder = join(root, "test", "attack", "hostile-runtime");
    build = await buildBoard({
      root,
      board: name,
      keys: loadBuildKeys(root),
      manifests: { runtime: join(folder, "runtime.json") },
      app: join(folder, "app.json"),
      folder: join(root, "build", "test", "hostile-runtime", name),
      progress: () => {},
    });
    device = new UpdateDevice(build);
    await start("nothing");
    const store = openPartition(device.board, device.flash, "device-secret", "read");
    secret = new DeviceSecretStore(store).read();
    store.close();
  }, 400_000);
  afterAll(() => {
    device.remove();
    rmSync(scratch, { recursive: true, force: true });
  });

  async function start(command: string): Promise<string> {
    device.command(command);
    const { lines } = await device.start();
    return lines.join("\n");
  }

  /** The evidence that the device gives now, verified as a service would. */
  async function evidence() {
    const told = /^evidence (.*)$/m.exec(await start("attest"))?.[1]?.split(" ") ?? [];
    const [identityKey = "", operational = "", chain = "", evidence = ""] = told;
    return verifyAttestation(
      { certificates: chain.split(",").map(fromHex), evidence: fromHex(evidence) },
      {
        identityKey: fromHex(identityKey),
        nonce: new Uint8Array(32).fill(7),
        operationalKey: keyThumbprint(fromHex(operational), crypto.sha256),
      },
      crypto,
    );
  }

  it("1d, 2b, 3a: neither reads, nor writes, nor executes anything of the stages below", async () => {
    const lines = await start(`reach ${Object.values(places).join(" ")}`);
    for (const [what, address] of Object.entries(places)) expect(lines, what).toContain(`reach ${address} none`);
    // The same attempts succeed where they may: otherwise they would say nothing.
    expect(lines).toContain("reach own 0,1");
  });

  it("1d: gets the device secret by no call, and has it nowhere in its memory", async () => {
    expect(secret).toHaveLength(32);
    const hidden = toHex(secret.map((byte) => byte ^ MASK));
    for (const seed of [1, 2]) {
      const lines = await start(`ask ${hidden} ${seed}`);
      expect(lines).toMatch(/^asked answered=[1-9]\d* found=0$/m);
    }
    device.command(`ask ${hidden} 3 stay`);
    const memory = await memoryAfter();
    expect(memory.length).toBe(ram[1]);
    expect(memory.includes(Buffer.from(secret.subarray(0, 8)))).toBe(false);
    expect(memory.includes(Buffer.from(hidden, "latin1").subarray(0, 16)), "the search itself is in memory").toBe(true);
  }, 60_000);

  /** All RAM that the runtime can read, when its program is done. */
  async function memoryAfter(): Promise<Buffer> {
    const path = join(scratch, "control");
    const server = createServer();
    const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const emulator = await device.open(["-qmp", `unix:${path}`]);
    try {
      const control = await connected;
      control.on("error", () => {});
      await emulator.waitForLine((line) => line === "test done", 60_000);
      const file = join(scratch, "memory");
      const say = (execute: string, args?: object) =>
        control.write(`${JSON.stringify({ execute, arguments: args })}\n`);
      const answers = new Promise<void>((resolve) => {
        let text = "";
        control.on("data", (data) => {
          text += data.toString();
          if ((text.match(/"return"/g) ?? []).length === 2) resolve();
        });
      });
      say("qmp_capabilities");
      say("pmemsave", { val: ram[0], size: ram[1], filename: file });
      await answers;
      return readFileSync(file);
    } finally {
      await emulator.close();
      server.close();
    }
  }

  it("2a: changes nothing of what was measured, and evidence goes on to say what it is", async () => {
    await start("ask 00 5");
    const { components, lifecycle } = await evidence();
    expect(lifecycle).toBe("provisioning");
    const digests = ["root", "runtime"].map((role) => build.images.find((image) => image.role === role)?.digest);
    expect(components.map(({ value }) => toHex(value))).toEqual(digests);
  });

  it("6b: erases no record of the root of trust", async () => {
    expect(await start("hang")).toContain("holdfast root reset cause=watchdog");
    const open = (partition: string) =>
      new MemoryFlash(Uint8Array.from(device.read(partition)), {
        blockLength: 0x40000,
        writeAlign: 4,
        name: partition,
      });
    const watchdogs = () => readLog(open).failures.filter((failure) => JSON.stringify(failure).includes("watchdog"));
    const before = watchdogs();
    expect(before).toHaveLength(1);
    for (let storm = 0; storm < 3; storm += 1) await start("erase");
    expect(watchdogs()).toHaveLength(1);
    expect(readLog(open).failures.length, "its own records came through").toBeGreaterThan(1);
  });

  it("7a: does not keep the device from booting after a power cut, whatever it left half done", async () => {
    for (let round = 0; round < 3; round += 1) {
      device.command("brick");
      const emulator = await device.open();
      await emulator.waitForLine((line) => line === "left half done", 60_000);
      await emulator.cutPower();
      const lines = await start("nothing");
      expect(lines).toMatch(/^state image=0 slot=a kind=confirmed /m);
      expect(lines).toMatch(/^state image=1 slot=a kind=confirmed /m);
    }
    const { components } = await evidence();
    expect(components).toHaveLength(2);
  });
});
