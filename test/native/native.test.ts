/** C code of the runtime under sanitizers on the host: damaged archives, and an arena that is used at random. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkArchive } from "../../host-tools/build/archive.ts";
import type { CompiledModule } from "../../host-tools/build/byte-code.ts";
import { runCommand } from "../../host-tools/setup/run-command.ts";
import { compileFixture, fixturePath, repository } from "../build/freeze-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-native-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FLAGS = [
  ...["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes"],
  ...["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
];

/** Compiles a driver of this folder with one file of the XS port. */
async function compile(driver: string, part: string): Promise<string> {
  const port = join(repository, "hal", "native", "xs");
  const program = join(folder, driver);
  const sources = [join(repository, "test", "native", `${driver}.c`), join(port, `${part}.c`)];
  const { exitCode, stderr } = await runCommand("gcc", [...FLAGS, `-I${port}`, ...sources, "-o", program]);
  expect(exitCode, stderr).toBe(0);
  return program;
}

describe("hf_archive_open", () => {
  let fuzz: string;
  const archives: string[] = [];

  beforeAll(async () => {
    fuzz = await compile("archive-fuzz", "archive");
    const root = {
      source: "",
      hash: Uint8Array.from({ length: 32 }, (_, index) => index),
      keys: ["push"],
      modules: new Set<string>(),
      authority: new Set<string>(),
      closed: undefined,
    };
    const save = (name: string, modules: readonly CompiledModule[]): void => {
      const path = join(folder, `${name}.archive`);
      writeFileSync(path, linkArchive(modules, modules[0]?.name ?? "", root));
      archives.push(path);
    };
    const fixtures = ["classes", "functions", "nested", "values"];
    const modules = Object.fromEntries(fixtures.map((name) => [name, fixturePath(`freeze/accepted/${name}.ts`)]));
    const compiled = (await compileFixture({ modules, folder })).modules.filter(({ name }) => name in modules);
    save("several", compiled);
    save("one", compiled.slice(0, 1));
  }, 120_000);

  it.each([0, 1])("takes nothing that it could not read to the end (archive %i)", async (index) => {
    const { exitCode, stdout, stderr } = await runCommand(fuzz, [archives[index] ?? "", "150000", "1"]);
    expect(exitCode, stderr).toBe(0);
    // Every code must have come up, or the damage was of one kind only.
    const counts = new Map(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" ") as [string, string]),
    );
    expect([...counts.keys()]).toEqual([
      ...["ok", "archive-too-short", "archive-magic", "archive-version"],
      ...["archive-length", "archive-root-mismatch", "archive-table"],
    ]);
    for (const [code, count] of counts) expect(Number(count), code).toBeGreaterThan(100);
  });
});

describe("an arena", () => {
  let stress: string;
  beforeAll(async () => {
    stress = await compile("arena-stress", "arena");
  }, 120_000);

  it.each([
    ["of a small machine", 16 * 1024, 200_000],
    ["of a larger machine, of odd length", 131_003, 50_000],
    ["with hardly any room", 400, 100_000],
  ])("%s keeps what it gave out and gets all of it back", async (_, byteLength, rounds) => {
    for (const seed of ["1", "2"]) {
      const { exitCode, stdout, stderr } = await runCommand(stress, [String(byteLength), String(rounds), seed]);
      expect(exitCode, stderr).toBe(0);
      // It must have been full, too.
      expect(Number(/^refused (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(1000);
    }
  });
});
