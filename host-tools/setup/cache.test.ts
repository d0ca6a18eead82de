import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hasStamp, publishFolder } from "./cache.ts";

let parent = "";
let folder = "";

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "holdfast-cache-"));
  folder = join(parent, "made");
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

function writing(text: string) {
  return async (workFolder: string) => writeFileSync(join(workFolder, "file"), text);
}

it("puts a finished folder in place with its stamp", async () => {
  await publishFolder(folder, "one", writing("a"));
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("a");
  expect([hasStamp(folder, "one"), hasStamp(folder, "two")]).toEqual([true, false]);
});

it("leaves nothing when making fails half-way", async () => {
  const failing = async (workFolder: string) => {
    writeFileSync(join(workFolder, "file"), "half");
    throw new Error("disk full");
  };
  await expect(publishFolder(folder, "one", failing)).rejects.toThrow("disk full");
  expect(readdirSync(parent)).toEqual([]);
});

it("keeps the old folder when making its successor fails", async () => {
  await publishFolder(folder, "one", writing("a"));
  await expect(publishFolder(folder, "two", async () => Promise.reject(new Error("no network")))).rejects.toThrow();
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("a");
});

it("replaces a folder made from other inputs", async () => {
  await publishFolder(folder, "one", writing("a"));
  await publishFolder(folder, "two", writing("b"));
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("b");
});

it("keeps what a faster process made from the same inputs", async () => {
  await publishFolder(folder, "one", async (workFolder) => {
    writeFileSync(join(workFolder, "file"), "slow");
    mkdirSync(folder);
    writeFileSync(join(folder, "file"), "fast");
    writeFileSync(join(folder, ".holdfast-stamp"), "one");
  });
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("fast");
});

it("removes the work folder of a killed run and keeps that of a living one", async () => {
  // 4194304 is the largest process number that Linux gives out, plus one.
  mkdirSync(join(parent, ".making-4194305-1"));
  mkdirSync(join(parent, `.making-${process.ppid}-1`));
  await publishFolder(folder, "one", writing("a"));
  expect(existsSync(join(parent, ".making-4194305-1"))).toBe(false);
  expect(existsSync(join(parent, `.making-${process.ppid}-1`))).toBe(true);
});
