/** Calls into the root of trust, and what a runtime in an attacker's hands tries instead, on the emulated boards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { buildBoard } from "../../host-tools/build/build.ts";
import { copyFlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { bootDeviceProgram, type DeviceRun, root } from "./device-program.ts";

const CALLS = [
  "the-hand-over-arrives",
  "the-hand-over-is-erased",
  "no-call-before-the-start",
  "a-payload-beside-its-place-is-refused",
  "there-is-one-start",
  "the-runtime-has-its-hand-over",
  "bytes-come-back",
  "the-root-of-trust-computes",
  "an-unknown-call-is-told",
  "an-unknown-service-is-told",
  "a-request-is-taken-once",
  "a-forgotten-call-is-told",
  "a-long-reply-is-told",
  "a-reply-that-does-not-fit-is-not-written",
  "a-refusal-stays-one-without-its-words",
  "a-refusal-has-words",
  "touching-buffers-are-no-overlap",
  "odd-addresses-are-served",
  "addresses-of-nothing-are-not-looked-at",
  "watchdog-fires-1",
  "watchdog-fires-2",
  "watchdog-fires-3",
];

const POINTERS = [
  "null-request",
  "null-reply",
  "wrapping-request",
  "wrapping-reply",
  "last-byte-request",
  "huge-request",
  "huge-reply",
  "largest-request",
  "largest-reply",
  "negative-length",
  "request-before-the-start",
  "reply-before-the-start",
  "request-beyond-the-end",
  "reply-beyond-the-end",
  "overlap-from-below",
  "overlap-from-above",
  "overlap-inside",
  "overlap-same",
];

/** What belongs to the stages below, by board, and what machine code tries there. */
const BOARDS = {
  "virt-a7": {
    secret: [
      "rom-flash",
      "root-flash",
      "device-secret",
      "state-flash",
      "runtime-flash",
      "rom-image",
      "root-image",
      "secure-ram",
      "root-hand-over",
      "secure-serial",
      "power",
    ],
    trials: [
      "device-memory-is-empty",
      "registers-are-kept",
      "calls-come-from-any-mode",
      "calls-come-from-thumb",
      "calls-come-from-big-endian-code",
      "vfp-off-and-odd-changes-nothing",
      "calls-come-without-mmu",
      "monitor-mode-is-out-of-reach",
      "secure-registers-are-out-of-reach",
      "watchpoints-stay-outside",
      "watchdog-interrupt-is-out-of-sight",
    ],
  },
  "virt-rv32": {
    secret: [
      "rom-flash",
      "root-flash",
      "other-root-flash",
      "device-secret",
      "state-flash",
      "secure-ram",
      "root-hand-over",
      "flash-routine",
      "dma",
      "timer",
      "power",
      "virtio",
    ],
    trials: ["registers-are-kept"],
  },
} as const;

async function run(board: string): Promise<DeviceRun> {
  const folder = join(root, "test", "boards", "worlds");
  const built = await buildBoard({
    root,
    board,
    keys: loadBuildKeys(root),
    manifests: {
      rom: join(folder, "rom", "manifest.json"),
      root: join(folder, "root", "manifest.json"),
      runtime: join(folder, "runtime", "runtime.json"),
    },
    app: join(folder, "runtime", "app.json"),
    folder: join(root, "build", "test", "boards", "worlds", board),
    progress: () => {},
  });
  const scratch = mkdtempSync(join(tmpdir(), "holdfast-worlds-"));
  try {
    const flash = copyFlashFiles(built.board, built.flash, scratch);
    return await bootDeviceProgram({ board: built.board, flash, timeoutMs: 60_000 });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

describe.each(Object.entries(BOARDS))("worlds of %s", (board, { secret, trials }) => {
  let result: DeviceRun;
  beforeAll(async () => {
    result = await run(board);
  }, 240_000);

  const places = secret.flatMap((name) => [
    `refused-request-in-${name}`,
    `refused-reply-in-${name}`,
    `out-of-reach-${name}`,
  ]);
  const tests = [
    ...CALLS,
    ...POINTERS.map((name) => `refused-${name}`),
    ...places,
    "what-is-ours-is-in-reach",
    ...trials,
  ];

  it.each(tests)("%s", (name) => {
    const found = result.tests.filter((test) => test.name === name);
    expect(found, result.console.join("\n")).toHaveLength(1);
    expect(found[0]?.passed, found[0]?.detail).toBe(true);
  });

  it("tries nothing else", () => {
    expect(result.done).toBe(true);
    expect(result.tests.map((test) => test.name).sort()).toEqual([...tests].sort());
  });
});
