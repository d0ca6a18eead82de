import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const repository = join(import.meta.dirname, "..");
let root = "";

function program(text: string): string {
  return `export async function main(root: string, args: readonly string[]): Promise<void> { console.log(${text}, ...args); }\n`;
}

function start(args: readonly string[] = [], nodeArgs: readonly string[] = []) {
  return new Promise<{ code: number | null; out: string; error: string }>((resolve) => {
    const child = spawn(process.execPath, [...nodeArgs, join(root, "host-tools", "launch.mjs"), ...args]);
    let out = "";
    let error = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    child.stderr.on("data", (data) => {
      error += data;
    });
    child.on("close", (code) => resolve({ code, out: out.trim(), error: error.trim() }));
  });
}

/** A clone in small: the launcher, one program, and packages that count as installed. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-launch-"));
  mkdirSync(join(root, "host-tools", "cli"), { recursive: true });
  mkdirSync(join(root, "node_modules"));
  copyFileSync(join(repository, "host-tools", "launch.mjs"), join(root, "host-tools", "launch.mjs"));
  for (const name of ["esbuild", "@esbuild"]) {
    symlinkSync(join(repository, "node_modules", name), join(root, "node_modules", name));
  }
  writeFileSync(join(root, "package-lock.json"), "{}");
  const stamp = `${createHash("sha256").update("{}").digest("hex")} ${process.platform}-${process.arch}\n`;
  writeFileSync(join(root, "node_modules", ".holdfast-stamp"), stamp);
  writeFileSync(join(root, "host-tools", "cli", "main.ts"), program('"first"'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it("bundles, runs and passes the arguments on", async () => {
  expect(await start(["--board", "virt-a7"])).toEqual({ code: 0, out: "first --board virt-a7", error: "" });
});

it("does not bundle again when nothing changed", async () => {
  await start();
  const bundle = join(root, "build", "tools", "holdfast.mjs");
  const marked = readFileSync(bundle, "utf8").replace("first", "kept");
  writeFileSync(bundle, marked);
  expect((await start()).out).toBe("kept");
});

it("bundles again when a source changed", async () => {
  await start();
  writeFileSync(join(root, "host-tools", "cli", "main.ts"), program('"second"'));
  expect((await start()).out).toBe("second");
});

it("bundles again over a truncated bundle", async () => {
  await start();
  writeFileSync(join(root, "build", "tools", "holdfast.mjs"), "export ");
  expect((await start()).out).toBe("first");
});

it("survives starts at the same time and leaves no temporary files", async () => {
  const results = await Promise.all([start(), start(), start(), start()]);
  expect(results.map(({ out }) => out)).toEqual(["first", "first", "first", "first"]);
  expect(readdirSync(join(root, "build", "tools")).sort()).toEqual(["holdfast.mjs", "holdfast.mjs.map"]);
});

it("names file and line of a program that does not compile, with exit code 2", async () => {
  writeFileSync(join(root, "host-tools", "cli", "main.ts"), "export const = 1;\n");
  const { code, error } = await start();
  expect(code).toBe(2);
  expect(error).toContain("host-tools/cli/main.ts:1");
});

it("shows TypeScript lines in stack traces", async () => {
  writeFileSync(
    join(root, "host-tools", "cli", "main.ts"),
    '// one\n// two\nexport function main() {\n  throw new Error("x");\n}\n',
  );
  expect((await start()).error).toMatch(/main\.ts:4/);
});

it("refuses an older Node before anything else, with exit code 2", async () => {
  const preload = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.3" } });';
  const { code, error } = await start([], ["--import", `data:text/javascript,${encodeURIComponent(preload)}`]);
  expect({ code, error }).toMatchObject({
    code: 2,
    error: expect.stringContaining("expected Node 20.19 or newer, found 20.18.3"),
  });
});
