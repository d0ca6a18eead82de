/** The operations on secrets, compiled for the host: nothing of a secret stays on the stack, and no byte too far is touched. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadBoard } from "../../host-tools/build/board.ts";
import { mbedtlsFlags, mbedtlsSources } from "../../host-tools/build/mbedtls-sources.ts";
import { runCommand } from "../../host-tools/setup/run-command.ts";
import { repository } from "../build/freeze-fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-private-operations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROUNDS = 3000;

async function compile(name: string, flags: readonly string[]): Promise<string> {
  const native = join(repository, "hal", "native");
  const program = join(folder, name);
  const { exitCode, stderr } = await runCommand("gcc", [
    ...["-std=gnu11", "-g", "-w", "-ffunction-sections", "-Wl,--gc-sections", ...flags],
    ...mbedtlsFlags(repository, loadBoard(repository, "virt-a7")),
    ...["signing", "crypto"].map((each) => `-I${join(native, each)}`),
    join(repository, "test", "native", "private-operations.c"),
    join(native, "signing", "private-operations.c"),
    ...mbedtlsSources(),
    ...["-o", program],
  ]);
  expect(exitCode, stderr).toBe(0);
  return program;
}

describe("operations on secrets", () => {
  it("leave nothing of a secret on the stack once it is wiped", async () => {
    // Bound at start: the dynamic linker would save registers, with what is in them, when a function is first called.
    const { exitCode, stdout } = await runCommand(await compile("residue", ["-O2", "-Wl,-z,now"]), []);
    expect(exitCode).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["public-key", "sign", "hmac", "seal", "forget"]);
    for (const line of lines) expect(line).toMatch(/ wiped=0$/);
    // The weakened twin: without wiping, what an operation forgot is found.
    expect(lines.at(-1)).toMatch(/ left=[1-9]/);
  }, 120_000);

  it(`touch no byte too far, and open nothing that was changed, in ${ROUNDS} random rounds`, async () => {
    const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1"];
    const { exitCode, stdout, stderr } = await runCommand(await compile("random", sanitizers), [`${ROUNDS}`]);
    expect(exitCode, stdout + stderr).toBe(0);
  }, 120_000);
});
