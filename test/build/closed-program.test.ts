/** A closed root (`"strip": "*"`) holds what its program mentions and nothing else, and that program works on boards. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildBoard } from "../../host-tools/build/build.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { bootDeviceProgram, root } from "../boards/device-program.ts";

const source = (name: string): string => join(root, "test", "build", name);

describe.each(["virt-a7", "virt-rv32"])("a closed program on %s", (board) => {
  it("runs, and finds that what nothing mentions is gone", async () => {
    const built = await buildBoard({
      root,
      board,
      keys: loadBuildKeys(root),
      manifests: {
        rom: source("closed-program/rom.json"),
        root: source("closed-program/root.json"),
        runtime: source("frozen-program/runtime.json"),
      },
      app: source("frozen-program/app.json"),
      folder: join(root, "build", "test", "build", "closed-program", board),
      progress: () => {},
    });
    const run = await bootDeviceProgram({ board: built.board, flash: built.flash, timeoutMs: 60_000 });
    expect(
      run.tests.filter(({ passed }) => !passed),
      run.console.join("\n"),
    ).toEqual([]);
    expect(run.done, run.console.join("\n")).toBe(true);
    expect(run.tests.length).toBe(23);
    const elf = built.programs.find(({ role }) => role === "rom")?.elf ?? "";
    const image = readFileSync(elf.replace(/\.elf$/, ".bin")).toString("latin1");
    for (const text of ["never-called-text", "unreachable-text", "copyWithin"]) expect(image).not.toContain(text);
  }, 300_000);
});
