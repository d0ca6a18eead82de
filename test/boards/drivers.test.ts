/** Every driver in the frozen runtime on both boards: registers, memory, crypto, time, random source, flash over two boots, serial. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import type { Emulator } from "../../host-tools/emulator/emulator.ts";
import { copyFlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { bootDeviceProgram, buildDeviceProgram, type DeviceRun, root } from "./device-program.ts";
import { pattern } from "./drivers/pattern.ts";

const LIGHT_BOARD = "virt-a7";
const ECHO = pattern(4096, 5);
const SLOW = pattern(1500, 99);
const WHOLE_LINE = "test whole 0123456789 abcdefghijklmnopqrstuvwxyz 0123456789\r\n";

const FIRST_BOOT = [
  "registers-refuse-outside",
  "registers-refuse-misaligned",
  "registers-check-values",
  "registers-open-whole-devices-only",
  "registers-cannot-be-forged",
  "memory-reads-regions-only",
  "memory-shared-with-devices",
  "crypto-sha256-known-answers",
  "crypto-p256-wycheproof",
  "crypto-p256-every-bit-counts",
  "crypto-checks-lengths",
  "timers-run-in-order",
  "timers-repeat-without-drift",
  "timers-are-accurate",
  "idle-processor-sleeps",
  "timers-survive-errors",
  "rtc-tells-the-time",
  "rtc-can-be-set",
  "rtc-alarm-rings",
  "interrupts-survive-errors",
  "light-is-driven",
  "random-fills-differ",
  "random-opens-again",
  "flash-opens",
  "flash-writes-and-reads-back",
  "flash-checks-ranges",
  "flash-keeps-the-nor-rule",
  "flash-tracks-units",
  "flash-erases-one-block",
  "flash-costs",
  "flash-through-registers-only",
  "flash-leaves-a-mark",
  "flash-recovers-from-status",
  "flash-recovers-from-query",
  "flash-recovers-from-erase-announced",
  "flash-recovers-from-word-announced",
  "flash-recovers-from-buffer-announced",
  "flash-recovers-from-buffer-counted",
  "flash-recovers-from-buffer-half-loaded",
  "flash-recovers-from-buffer-not-confirmed",
  "no-spurious-interrupts",
  "pin-edges-call-back",
];
const LIGHT_TESTS = ["light-is-driven", "pin-edges-call-back"];

const SECOND_BOOT = [
  "flash-remembers",
  "rtc-follows-the-host",
  "serial-echoes-4-KB",
  "serial-holds-the-sender-back",
  "serial-writes-all-or-throws",
  "no-spurious-interrupts",
];

describe.each(boardNames(root))("drivers on %s", (board) => {
  const firstBoot = FIRST_BOOT.filter((name) => board === LIGHT_BOARD || !LIGHT_TESTS.includes(name));
  let first: DeviceRun;
  let second: DeviceRun;
  let console: Buffer;

  beforeAll(async () => {
    const built = await buildDeviceProgram(board, "boards/drivers");
    const scratch = mkdtempSync(join(tmpdir(), "holdfast-drivers-"));
    try {
      const flash = copyFlashFiles(built.board, built.flash, scratch);
      first = await bootDeviceProgram({ board: built.board, flash, timeoutMs: 60_000 });
      const bootAgain = async (name: string): Promise<void> => {
        const chunks: Uint8Array[] = [];
        second = await bootDeviceProgram({
          board: built.board,
          flash: copyFlashFiles(built.board, flash, join(scratch, name)),
          timeoutMs: 60_000,
          icount: false,
          onStart: (emulator) => {
            emulator.lines.onBytes((bytes) => chunks.push(bytes));
            answer(emulator, "test echo", ECHO);
            answer(emulator, "test slow", SLOW);
          },
        });
        console = Buffer.concat(chunks);
      };
      await bootAgain("second");
      // QEMU's 16550 drops a byte that the host's side of the console refused four times, as on a busy machine it may.
      // The driver cannot see that; a driver that loses bytes does so again.
      if (echoedByteLength(console) < ECHO.length) await bootAgain("third");
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }, 240_000);

  it.each(firstBoot)("%s", (name) => expectPassed(first, name));

  it("runs these tests and no others in the first boot", () => {
    expect(first.tests.map(({ name }) => name)).toEqual(firstBoot);
    expect(first.done).toBe(true);
  });

  it.each(SECOND_BOOT)("%s, in the second boot", (name) => expectPassed(second, name));

  it("runs these tests and no others in the second boot", () => {
    expect(second.tests.map(({ name }) => name)).toEqual(SECOND_BOOT);
    expect(second.done).toBe(true);
  });

  it("has the host's time when it is not counting instructions", () => {
    const time = Number(second.tests.find(({ name }) => name === "rtc-follows-the-host")?.detail);
    expect(Math.abs(time - Date.now())).toBeLessThan(120_000);
  });

  it("sends back every byte, in order", () => {
    const start = console.indexOf("test echo\r\n") + "test echo\r\n".length;
    expect(Buffer.compare(console.subarray(start, start + ECHO.length), ECHO)).toBe(0);
    expect(console.subarray(start + ECHO.length).toString("latin1")).toMatch(/^\r\ntest pass serial-echoes/);
  });

  it("sends nothing of a write that was refused", () => {
    const start = console.indexOf("test whole");
    expect(console.subarray(start, start + WHOLE_LINE.length).toString("latin1")).toBe(WHOLE_LINE);
    expect(console.subarray(console.indexOf("test slow")).includes("Z")).toBe(false);
  });
});

/** Bytes between the line that asks for the echo and the line that ends it. */
function echoedByteLength(console: Buffer): number {
  const start = console.indexOf("test echo\r\n") + "test echo\r\n".length;
  return console.indexOf("\r\ntest pass serial-echoes", start) - start;
}

/** Sends bytes once the board asks for them. */
function answer(emulator: Emulator, line: string, bytes: Uint8Array): void {
  const stop = emulator.lines.onLine((found) => {
    if (found !== line) return;
    stop();
    emulator.write(bytes);
  });
}

function expectPassed(run: DeviceRun, name: string): void {
  const found = run.tests.find((test) => test.name === name);
  const reason = found === undefined ? run.console.slice(-5).join("\n") : found.detail;
  expect(found?.passed, `${name}: ${reason}`).toBe(true);
}
