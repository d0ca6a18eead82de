/** What the freezer accepts works on boards, where its memory is read-only. */
import { describe, expect, it } from "vitest";
import { runDeviceProgram } from "../boards/device-program.ts";

describe.each(["virt-a7", "virt-rv32"])("a program that uses every accepted fixture, on %s", (board) => {
  it("finds what the build left, and no write to flash", async () => {
    const run = await runDeviceProgram({ board, folder: "build/frozen-program", timeoutMs: 60_000 });
    expect(
      run.tests.filter(({ passed }) => !passed),
      run.console.join("\n"),
    ).toEqual([]);
    expect(run.done, run.console.join("\n")).toBe(true);
    expect(run.tests.length).toBe(11);
  }, 300_000);
});
