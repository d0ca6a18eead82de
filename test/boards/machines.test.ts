/** XS machines on both boards: limits, aborts, messages, isolation of the frozen root, ten thousand lives without a leak. */
import { beforeAll, describe, expect, it } from "vitest";
import { boardNames } from "../../host-tools/build/board.ts";
import { type DeviceRun, root, runDeviceProgram } from "./device-program.ts";

const TESTS = [
  "a-program-runs",
  "an-idle-machine-takes-4-KB",
  "out-of-memory-ends-it",
  "metering-ends-it",
  "stack-overflow-ends-it",
  "c-stack-overflow-ends-it",
  "names-run-out",
  "ids-run-out-where-memory-does-not",
  "an-exception-is-data",
  "its-frames-name-the-source",
  "a-rejection-is-data",
  "the-root-cannot-be-changed",
  "the-next-machine-sees-no-trace",
  "messages-cross-full",
  "messages-cross-alien",
  "shared-objects-cross-full",
  "shared-objects-are-refused-alien",
  "small-memory-is-refused",
  "hog-leaves-nothing-200-times",
  "deep-leaves-nothing-200-times",
  "throws-leaves-nothing-200-times",
  "rejects-leaves-nothing-200-times",
  "spin-leaves-nothing-200-times",
  "create-run-delete-10000-times",
];

describe.each(boardNames(root))("machines on %s", (board) => {
  let run: DeviceRun;
  beforeAll(async () => {
    run = await runDeviceProgram({ board, folder: "boards/machines", timeoutMs: 240_000 });
  }, 300_000);

  it.each(TESTS)("%s", (name) => {
    const found = run.tests.find((test) => test.name === name);
    expect(found, run.console.slice(-12).join("\n")).toMatchObject({ name, passed: true });
  });

  it("reports these tests and no others", () => {
    expect(run.tests.map(({ name }) => name)).toEqual(TESTS);
    expect(run.done).toBe(true);
  });
});
