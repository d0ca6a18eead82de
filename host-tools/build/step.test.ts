import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fingerprint, forgetFile, runStep, type StepInput } from "./step.ts";

let folder: string;
let output: string;
let made: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-step-"));
  output = join(folder, "output");
  made = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const make = (): void => {
  made++;
  writeFileSync(output, `made ${made}`);
};
const run = (inputs: readonly StepInput[], outputs: readonly [string, ...string[]] = [output]): Promise<boolean> =>
  runStep(outputs, inputs, make);
const change = (path: string, text: string): void => {
  writeFileSync(path, text);
  forgetFile(path);
};

describe("runStep", () => {
  it("runs once for the same inputs", async () => {
    expect([await run([{ text: "a" }]), await run([{ text: "a" }])]).toEqual([true, false]);
    expect(made).toBe(1);
  });

  it("runs again for another text, another file or a changed file", async () => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    change(one, "1");
    change(two, "2");
    const ran = [await run([{ text: "a" }, { file: one }])];
    ran.push(await run([{ text: "b" }, { file: one }]));
    ran.push(await run([{ text: "b" }, { file: two }]));
    ran.push(await run([{ text: "b" }, { file: two }]));
    change(two, "3");
    ran.push(await run([{ text: "b" }, { file: two }]));
    expect(ran).toEqual([true, true, true, false, true]);
  });

  it("does not run for a file that was rewritten with the same bytes", async () => {
    const file = join(folder, "file");
    change(file, "same");
    await run([{ file }]);
    change(file, "same");
    expect(await run([{ file }])).toBe(false);
  });

  it("runs again when any output is gone", async () => {
    const second = join(folder, "second");
    writeFileSync(second, "");
    await run([], [output, second]);
    rmSync(second);
    expect(await run([], [output, second])).toBe(true);
  });

  it("runs again after it failed, also for the inputs that it last succeeded with", async () => {
    await run([{ text: "good" }]);
    const failing = runStep([output], [{ text: "bad" }], () => {
      writeFileSync(output, "half");
      throw new Error("broke off");
    });
    await expect(failing).rejects.toThrow("broke off");
    expect(existsSync(`${output}.step`)).toBe(false);
    expect(await run([{ text: "good" }])).toBe(true);
    expect(readFileSync(output, "utf8")).toBe("made 2");
  });
});

describe("fingerprint", () => {
  it("tells where one input ends and the next begins", () => {
    expect(fingerprint([{ text: "ab" }, { text: "c" }])).not.toBe(fingerprint([{ text: "a" }, { text: "bc" }]));
    expect(fingerprint([{ text: "a" }])).not.toBe(fingerprint([{ text: "a" }, { text: "" }]));
  });

  it("tells a file from a text, and a missing file from an empty one", () => {
    const [missing, empty] = [join(folder, "missing"), join(folder, "empty")];
    writeFileSync(empty, "");
    expect(fingerprint([{ file: missing }])).not.toBe(fingerprint([{ file: empty }]));
    expect(fingerprint([{ file: missing }])).not.toBe(fingerprint([{ text: missing }]));
    expect(fingerprint([{ file: missing }])).not.toBe(fingerprint([{ text: "absent" }]));
  });
});
