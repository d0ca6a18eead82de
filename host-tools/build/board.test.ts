import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { boardNames, loadBoard, parseBoard } from "./board.ts";
import { BoardError } from "./board-error.ts";

const ROOT = resolve(import.meta.dirname, "../..");

type Json = Record<string, unknown>;

/** A fresh copy of a board's JSON, changed at one dotted path; undefined removes the field. */
function changed(path: string, value: unknown, name = "virt-a7"): Json {
  const json = JSON.parse(readFileSync(`${ROOT}/hal/boards/${name}/board.json`, "utf8")) as Json;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let target: Json = json;
  for (const key of keys) target = target[key] as Json;
  if (value === undefined) delete target[last];
  else target[last] = value;
  return json;
}

function refusal(json: unknown): BoardError {
  try {
    parseBoard(json, "");
  } catch (error) {
    if (error instanceof BoardError) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

describe("the boards of the repository", () => {
  it("are found and valid", () => {
    expect(boardNames(ROOT)).toEqual(["virt-a7", "virt-rv32"]);
    for (const name of boardNames(ROOT)) expect(loadBoard(ROOT, name).name).toBe(name);
  });

  it("keep all memory of a role inside its RAM budget", () => {
    for (const name of boardNames(ROOT)) {
      const board = loadBoard(ROOT, name);
      for (const role of ["rom", "root", "runtime"] as const) {
        const { ram, image, execution } = board.roles[role];
        const total = ram.byteLength + (execution === "copied" ? image.byteLength : 0);
        expect(total, `${name} ${role}`).toBeLessThanOrEqual(board.budgets[role].ramByteLength);
      }
    }
  });

  it("give addresses as numbers", () => {
    const board = loadBoard(ROOT, "virt-rv32");
    expect(board.partitions.find((partition) => partition.name === "runtime-b")?.base).toBe(0x2220_0000);
    expect(board.console.device.interrupt).toBe(10);
  });

  it("refuse an unknown name and list the known ones", () => {
    expect(() => loadBoard(ROOT, "virt-a8")).toThrow('expected a board out of virt-a7, virt-rv32, found "virt-a8"');
  });
});

describe("parseBoard refuses", () => {
  it.each([
    [
      "a missing field",
      "cpu.compilerPrefix",
      undefined,
      "board-missing-field",
      'expected a field "compilerPrefix", found none, at board.cpu',
    ],
    ["a misspelt field", "cpu.compileFlag", [], "board-unknown-field", 'found "compileFlag", at board.cpu'],
    [
      "an address as a number",
      "memory.0.base",
      234881024,
      "board-wrong-type",
      "found 234881024, at board.memory[0].base",
    ],
    ["an address beyond 32 bits", "memory.0.base", "0x100000000", "board-wrong-type", "at board.memory[0].base"],
    ["an unknown processor", "cpu.arch", "mips", "board-bad-value", 'expected one of armv7-a, rv32imac, found "mips"'],
    ["an unknown role", "devices.0.roles", ["app"], "board-bad-value", 'found "app", at board.devices[0].roles'],
    [
      "overlapping memory",
      "memory.0.byteLength",
      "0x100000",
      "board-overlap",
      "found rom-image 0x0E000000..0x0E0FFFFF over root-image",
    ],
    ["overlapping partitions", "partitions.1.offset", "0x0C0000", "board-overlap", "found root-a"],
    [
      "a partition off the sector grid",
      "partitions.9.offset",
      "0x1000",
      "board-bad-value",
      "expected whole sectors of 0x00040000, found storage",
    ],
    [
      "a partition beyond the bank's budget",
      "partitions.9.offset",
      "0x1000000",
      "board-bad-value",
      "expected an end at or below 0x05000000",
    ],
    [
      "a bank larger than its file",
      "flash.1.budgetByteLength",
      "0x8000000",
      "board-bad-value",
      "at board.flash.bank1.budgetByteLength",
    ],
    [
      "partitions beyond the flash budget",
      "budgets.flashByteLength",
      "0x300000",
      "board-budget-exceeded",
      "found 0x00640000",
    ],
    [
      "memory off the page grid",
      "memory.3.byteLength",
      "0x1C800",
      "board-bad-value",
      "expected multiples of 0x00001000, found secure-ram",
    ],
    [
      "an image region that does not exist",
      "roles.root.image",
      "nowhere",
      "board-unknown-reference",
      'found "nowhere", at board.roles.root.image',
    ],
    [
      "a stack larger than its RAM",
      "roles.root.stackByteLength",
      "0x100000",
      "board-bad-value",
      "at board.roles.root.stackByteLength",
    ],
    [
      "a header off the page grid",
      "roles.runtime.headerByteLength",
      "0x20",
      "board-bad-value",
      "at board.roles.runtime.headerByteLength",
    ],
    [
      "a console that is no device",
      "console.device",
      "serial9",
      "board-unknown-reference",
      'found "serial9", at board.console.device',
    ],
    [
      "two devices of one name",
      "devices.1.name",
      "interrupt-distributor",
      "board-bad-value",
      'found "interrupt-distributor" twice',
    ],
  ])("%s", (_title, path, value, code, message) => {
    const error = refusal(changed(path, value));
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
  });

  it("something that is no object", () => {
    expect(refusal([]).message).toBe("expected an object, found [], at board");
  });
});
