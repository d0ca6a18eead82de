/** Tests of replacing output files. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { OutputFileError, replaceFile, replaceFileWith } from "./replace-file.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-replace-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("replaceFile", () => {
  it("makes the folder, writes, and replaces", () => {
    const path = join(folder, "made/here/file.txt");
    replaceFile(path, "one");
    replaceFile(path, new Uint8Array([50]));
    expect(readFileSync(path, "utf8")).toBe("2");
    expect(readdirSync(join(folder, "made/here"))).toEqual(["file.txt"]);
  });

  it("keeps the old file and no draft when writing fails", () => {
    const path = join(folder, "kept.txt");
    replaceFile(path, "old");
    const full = Object.assign(new Error("write"), { code: "ENOSPC", syscall: "write" });
    const action = () =>
      replaceFileWith(path, () => {
        throw full;
      });
    expect(action).toThrow(
      expect.objectContaining({
        code: "disk-full",
        message: `${path}: expected to write this file, found no space left on the disk`,
      }),
    );
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("says why a place cannot be written", () => {
    mkdirSync(join(folder, "taken"));
    expect(() => replaceFile(join(folder, "taken"), "x")).toThrow(OutputFileError);
    expect(() => replaceFile(join(folder, "kept.txt/inside"), "x")).toThrow(
      expect.objectContaining({ code: "unwritable" }),
    );
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });
});
