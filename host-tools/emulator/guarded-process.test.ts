/** Tests of ending programs, with plain programs in place of emulators. */
import { describe, expect, it } from "vitest";
import { GuardedProcess } from "./guarded-process.ts";

function start(script: string, timeoutMs = 20_000): GuardedProcess {
  return new GuardedProcess({ command: "sh", debianPackage: "dash", args: ["-c", script], timeoutMs });
}

describe("GuardedProcess", () => {
  it("passes on the exit code and standard error of a program that ends itself", async () => {
    expect(await start("echo trouble >&2; exit 33").exited).toEqual({ reason: "guest", code: 33, stderr: "trouble\n" });
  });

  it("ends a program in time", async () => {
    expect(await start("sleep 60", 200).exited).toMatchObject({ reason: "timeout" });
  });

  it("ends a program on request, also after it ended itself", async () => {
    const sleeping = start("sleep 60");
    await sleeping.end();
    expect(await sleeping.exited).toMatchObject({ reason: "closed" });
    const done = start("exit 0");
    await done.exited;
    await done.end();
    expect(await done.exited).toMatchObject({ reason: "guest", code: 0 });
  });

  it("kills a program that ignores the request", async () => {
    const stubborn = start("trap '' TERM; echo ready >&2; while :; do sleep 1; done");
    await new Promise((done) => setTimeout(done, 200));
    const begin = Date.now();
    await stubborn.end();
    expect(await stubborn.exited).toMatchObject({ reason: "closed", stderr: "ready\n" });
    expect(Date.now() - begin).toBeGreaterThan(1_500);
  });

  it("names the package of a program that is not installed", () => {
    expect(
      () => new GuardedProcess({ command: "no-such-emulator", debianPackage: "qemu-x", args: [], timeoutMs: 1 }),
    ).toThrow(
      expect.objectContaining({
        code: "emulator-missing",
        message: "expected the program no-such-emulator on PATH, found none (apt install qemu-x)",
      }),
    );
  });
});
