/** Native functions called from TypeScript on both boards: what they do, and every argument that they must refuse. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames, loadBoard } from "../../host-tools/build/board.ts";
import { type DeviceRun, root, runDeviceProgram } from "./device-program.ts";

/** Names as the program spells them, so that a test that vanishes on the device is missed here. */
const TESTS = [
  ...readFileSync(join(root, "test/boards/natives/main.ts"), "utf8").matchAll(/\b(?:checks|refuses)\("([\w-]+)"/g),
].map((match) => match[1] ?? "");

/** Tests of memory that the runtime shares with devices, and the one where it has none. */
const WITH_SHARED = /^(?:shared-memory-|registers-have-no-address$)/;
const WITHOUT_SHARED = "no-memory-for-devices";

function testsOf(board: string): readonly string[] {
  const isShared = loadBoard(root, board).memory.some(({ kind, roles }) => kind === "dma" && roles.includes("runtime"));
  return TESTS.filter((name) => (isShared ? name !== WITHOUT_SHARED : !WITH_SHARED.test(name)));
}

describe.each(boardNames(root))("natives on %s", (board) => {
  let run: DeviceRun;
  beforeAll(async () => {
    run = await runDeviceProgram({ board, folder: "boards/natives", timeoutMs: 120_000 });
  }, 300_000);

  it("runs to its end", () => {
    expect(run.done, run.console.slice(-40).join("\n")).toBe(true);
    expect(TESTS.length).toBeGreaterThan(40);
  });

  it.each(testsOf(board))("%s", (name) => {
    expect(run.tests.find((test) => test.name === name)).toMatchObject({ name, passed: true });
  });
});
