/** `native:flash` on the emulated boards: as the boot ROM uses it, then as the root of trust does, on virt-rv32 out of the same bank. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { buildBoard } from "../../host-tools/build/build.ts";
import { copyFlashFiles } from "../../host-tools/emulator/flash-image.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { bootDeviceProgram, type DeviceRun, root } from "./device-program.ts";

const TRIALS = [
  "erases-one-sector",
  "programs-over-write-buffers",
  "programs-a-view-at-an-odd-place",
  "keeps-the-nor-rule",
  "checks-arguments",
  "stays-in-its-partitions",
  "does-not-leave-a-partition",
  "serves-marks",
];
const TESTS = [
  ...["rom", "root"].flatMap((role) => TRIALS.map((name) => `${role}-${name}`)),
  "root-marks-its-own-slot",
];

describe.each(boardNames(root))("the root of trust's flash on %s", (board) => {
  let result: DeviceRun;

  beforeAll(async () => {
    const source = join(root, "test", "boards", "boot-flash");
    const built = await buildBoard({
      root,
      board,
      keys: loadBuildKeys(root),
      manifests: {
        rom: join(source, "rom.json"),
        root: join(source, "root.json"),
        runtime: join(source, "..", "worlds", "runtime", "runtime.json"),
      },
      app: join(source, "..", "worlds", "runtime", "app.json"),
      folder: join(root, "build", "test", "boot-flash", board),
      progress: () => {},
    });
    const scratch = mkdtempSync(join(tmpdir(), "holdfast-boot-flash-"));
    try {
      const flash = copyFlashFiles(built.board, built.flash, scratch);
      result = await bootDeviceProgram({ board: built.board, flash, timeoutMs: 60_000 });
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }, 240_000);

  it.each(TESTS)("%s", (name) => {
    const found = result.tests.find((test) => test.name === name);
    expect(found?.passed, `${name}: ${found?.detail ?? result.console.slice(-5).join("\n")}`).toBe(true);
  });

  it("runs these tests and no others", () => {
    expect(result.tests.map(({ name }) => name)).toEqual(TESTS);
    expect(result.done).toBe(true);
  });
});
