/** Tests that emulated boards start, talk and always end. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { boardNames, loadBoard } from "../../host-tools/build/board.ts";
import { Emulator, type EmulatorOptions } from "../../host-tools/emulator/emulator.ts";
import { createFlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { echoGuest } from "./echo-guest.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "holdfast-emulator-test-"));
const running = new Set<Emulator>();

afterEach(async () => {
  for (const emulator of running) await emulator.close();
  running.clear();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Ids of the processes whose arguments mention `text`. */
function processesWith(text: string): string[] {
  return readdirSync("/proc").filter((id) => {
    try {
      return /^\d+$/.test(id) && readFileSync(`/proc/${id}/cmdline`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}

async function eventually(condition: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 200 && !condition(); attempt++) await new Promise((done) => setTimeout(done, 25));
  return condition();
}

describe.each(boardNames(root))("an emulated %s", (name) => {
  const board = loadBoard(root, name);
  const flashFolder = join(folder, name);
  const flash = createFlashFiles(board, flashFolder, { rom: echoGuest(board, "hello\r\nready\r\n") });

  async function start(options: Partial<EmulatorOptions> = {}): Promise<Emulator> {
    const emulator = await Emulator.start({ board, flash, timeoutMs: 20_000, ...options });
    running.add(emulator);
    return emulator;
  }

  it("prints lines from the first byte on, takes input, and powers itself off", async () => {
    const emulator = await start();
    expect(await emulator.waitForLine((line) => line === "ready", 10_000)).toBe("ready");
    emulator.write("echo me\nq");
    expect(await emulator.waitForLine((line) => line.includes("echo"), 10_000)).toBe("echo me");
    expect(await emulator.exited).toMatchObject({ reason: "guest", code: 0, stderr: "" });
    expect(emulator.lines.all).toEqual(["hello", "ready", "echo me", "q"]);
    expect(processesWith(flashFolder)).toEqual([]);
  });

  it("runs under counted time", async () => {
    const emulator = await start({ icount: true });
    expect(await emulator.waitForLine(() => true, 10_000)).toBe("hello");
  });

  it("is closed on request, also twice", async () => {
    const emulator = await start();
    await emulator.waitForLine((line) => line === "ready", 10_000);
    const wait = emulator.waitForLine((line) => line === "never", 10_000);
    const [exit] = await Promise.all([
      emulator.close(),
      emulator.close(),
      expect(wait).rejects.toMatchObject({ code: "emulator-exited" }),
    ]);
    expect(exit.reason).toBe("closed");
    expect(processesWith(flashFolder)).toEqual([]);
  });

  it("is ended when its time is over", async () => {
    const emulator = await start({ timeoutMs: 500 });
    expect(await emulator.exited).toMatchObject({ reason: "timeout" });
    expect(processesWith(flashFolder)).toEqual([]);
  });

  it("says what the emulator refused", async () => {
    const emulator = await start({ extraArgs: ["-device", "no-such-device"] });
    await expect(emulator.waitForLine(() => true, 10_000)).rejects.toMatchObject({
      code: "emulator-exited",
      message: expect.stringMatching(/the emulator ended with code 1: .*no-such-device/),
    });
    await expect(start({ flash: {} })).rejects.toMatchObject({ code: "flash-mismatch" });
    const absent = { ...board, emulator: { ...board.emulator, command: "no-such-emulator" } };
    await expect(start({ board: absent })).rejects.toMatchObject({
      code: "emulator-missing",
      message: expect.stringContaining(`apt install ${board.emulator.debianPackage}`),
    });
  });
});

describe("an emulator's owner", () => {
  const board = loadBoard(root, "virt-rv32");
  const flashFolder = join(folder, "orphan");
  const script = join(folder, "owner.mjs");

  it.each(["SIGKILL", "SIGTERM", "SIGINT", "exit", "throw"])(
    "takes its emulator with it when it ends by %s",
    async (how) => {
      createFlashFiles(board, flashFolder, { rom: echoGuest(board, "ready\r\n") });
      await build({
        stdin: {
          contents: `
          import { Emulator } from "./host-tools/emulator/emulator.ts";
          import { loadBoard } from "./host-tools/build/board.ts";
          const board = loadBoard(${JSON.stringify(root)}, "virt-rv32");
          const flash = Object.fromEntries(board.flash.map(({ name }) => [name, ${JSON.stringify(flashFolder)} + "/" + name + ".img"]));
          const emulator = await Emulator.start({ board, flash, timeoutMs: 60000 });
          await emulator.waitForLine((line) => line === "ready", 10000);
          console.log("started");
          if (process.argv[2] === "exit") process.exit(0);
          if (process.argv[2] === "throw") throw new Error("as a failed test does");
        `,
          resolveDir: root,
          loader: "ts",
        },
        bundle: true,
        platform: "node",
        format: "esm",
        outfile: script,
      });
      const owner = spawn(process.execPath, [script, how], {
        stdio: ["ignore", "pipe", "ignore"],
        // A killed owner leaves its socket's folder behind.
        env: { ...process.env, TMPDIR: folder },
      });
      await new Promise((done) => owner.stdout.once("data", done));
      if (how.startsWith("SIG")) {
        expect(processesWith(flashFolder)).not.toEqual([]);
        owner.kill(how as NodeJS.Signals);
      }
      expect(await eventually(() => processesWith(flashFolder).length === 0)).toBe(true);
      expect(existsSync(flashFolder)).toBe(true);
    },
  );
});
