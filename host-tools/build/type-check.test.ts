/** Tests of the whole-program type check. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { BuildError } from "./build-error.ts";
import { readManifest } from "./manifest.ts";
import { checkTypes, parseCompilerOutput } from "./type-check.ts";

const repository = resolve(import.meta.dirname, "../..");
const base = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-type-check-")));
let root = base;
let count = 0;

beforeEach(() => {
  root = join(base, String(count++));
  mkdirSync(root);
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  for (const name of ["tsconfig.json", "tsconfig.device.json"]) cpSync(join(repository, name), join(root, name));
  write({
    "manifest.json": JSON.stringify({
      modules: { "*": ["./main", "./table"], "native:clock": "./clock", "sensor:fake": "./sensor" },
      config: { name: "x", limits: [1, "2"] },
    }),
    "main.ts":
      'import config from "mc/config";\nimport { ticks } from "native:clock";\nimport { read } from "sensor:fake";\nimport table from "./table.json";\nexport const all: [string, number, number, number] = [config.name, ticks(), read(), table.size];\n',
    "table.json": '{"size": 3}',
    "clock.d.ts": "export function ticks(): number;\n",
    "sensor.ts": "export function read(): number {\n\treturn 1;\n}\n",
  });
});
afterAll(() => rmSync(base, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

function check(): Promise<boolean> {
  const manifest = readManifest(join(root, "manifest.json"), { platform: "virt-a7", environment: {} });
  return checkTypes({ manifest, root, folder: join(root, "build/types") });
}

describe("checkTypes", () => {
  it("passes a good program, skips unchanged inputs, runs again after a change", async () => {
    expect(await check()).toBe(true);
    expect(await check()).toBe(false);
    write({ "sensor.ts": "export function read(): number {\n\treturn 2;\n}\n" });
    expect(await check()).toBe(true);
    write({ "table.json": '{"size": "three"}' });
    await expect(check()).rejects.toThrow("main.ts:5:");
    await expect(check()).rejects.toThrow(BuildError);
  });

  it("reports the first finding on one line and all of them as data", async () => {
    write({
      "main.ts": 'export const first: number = "1";\nexport const second: { a: { b: number } } = { a: { b: "2" } };\n',
      "sensor.ts": "export const third = setTimeout;\n",
    });
    const failure = await check().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: "type-error",
      message: "main.ts:1:14: TS2322: Type 'string' is not assignable to type 'number'. (and 2 more)",
    });
    expect((failure as BuildError).diagnostics.map(({ file, line, code }) => [file, line, code])).toEqual([
      ["main.ts", 1, "TS2322"],
      ["main.ts", 2, "TS2322"],
      ["sensor.ts", 1, "TS2304"],
    ]);
  });
});

describe("parseCompilerOutput", () => {
  it("separates diagnostics with their continuation lines, files and the rest", () => {
    const output =
      "a/b.ts(3,4): error TS2345: Argument of type 'A'\n  Type 'B' is missing\nerror TS18003: No inputs were found\n/root/a/b.ts\npanic: something\n";
    expect(parseCompilerOutput(output, "/root")).toEqual({
      diagnostics: [
        { file: "a/b.ts", line: 3, column: 4, code: "TS2345", message: "Argument of type 'A'" },
        { file: "", line: 0, column: 0, code: "TS18003", message: "No inputs were found" },
      ],
      files: ["/root/a/b.ts"],
      unknown: ["panic: something"],
    });
  });
});
