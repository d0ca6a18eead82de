/** A closed root (`"strip": "*"`) holds what its program mentions and nothing else, and that program works on boards. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BuildResult, buildBoard } from "../../host-tools/build/build.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { bootDeviceProgram, root } from "../boards/device-program.ts";

const source = (name: string): string => join(root, "test", "build", name);

/** Runs a program in the place of the boot ROM. Nothing comes after it, but it is linked as the root of trust, too. */
async function run(board: string, program: string, tests: number): Promise<BuildResult> {
  const built = await buildBoard({
    root,
    board,
    keys: loadBuildKeys(root),
    manifests: {
      rom: source(`${program}/rom.json`),
      root: source(`${program}/root.json`),
      runtime: source("frozen-program/runtime.json"),
    },
    app: source("frozen-program/app.json"),
    folder: join(root, "build", "test", "build", program, board),
    progress: () => {},
  });
  const found = await bootDeviceProgram({ board: built.board, flash: built.flash, timeoutMs: 60_000 });
  expect(
    found.tests.filter(({ passed }) => !passed),
    found.console.join("\n"),
  ).toEqual([]);
  expect(found.done, found.console.join("\n")).toBe(true);
  expect(found.tests.length).toBe(tests);
  return built;
}

describe.each(["virt-a7", "virt-rv32"])("a closed program on %s", (board) => {
  it("runs, and finds that what nothing mentions is gone", async () => {
    const { programs } = await run(board, "closed-program", 23);
    const elf = programs.find(({ role }) => role === "rom")?.elf ?? "";
    const image = readFileSync(elf.replace(/\.elf$/, ".bin")).toString("latin1");
    for (const text of ["never-called-text", "unreachable-text", "copyWithin"]) expect(image).not.toContain(text);
  }, 300_000);

  it("that asks for no fraction converts whole numbers, and refuses all others", async () => {
    const { programs } = await run(board, "closed-numbers", 5);
    const elf = programs.find(({ role }) => role === "rom")?.elf ?? "";
    const map = readFileSync(elf.replace(/\.elf$/, ".map"), "utf8");
    expect(map.slice(map.indexOf("Linker script and memory map"))).not.toContain(".text.strtod2");
  }, 300_000);
});
