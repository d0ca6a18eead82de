import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkRepository, sourceFiles } from "./lint.ts";

let root = "";

function write(path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-lint-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it("leaves out what is made, fetched, private or hidden, but not sources of the same name", () => {
  for (const folder of ["node_modules/a", "build/tools", "keys", ".git", "test/fixtures"]) write(`${folder}/x.ts`, "");
  write("host-tools/build/board.ts", "");
  write("host-tools/keys/key-file.ts", "");
  expect(sourceFiles(root)).toEqual(["host-tools/build/board.ts", "host-tools/keys/key-file.ts"]);
});

it("finds a mistake anywhere in the tree", () => {
  write("hal/drivers/uart/pl011.ts", "/** Serial port. */\nlet open = false;\n");
  expect(checkRepository(root)).toMatchObject([
    { path: "hal/drivers/uart/pl011.ts", line: 2, rule: "no-module-state" },
  ]);
});
