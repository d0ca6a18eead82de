import { describe, expect, it } from "vitest";
import { checkSource } from "./check-source.ts";

/** Rule names found in one file, header included so that only the construct under test counts. */
function rules(path: string, code: string): string[] {
  return checkSource(path, `/** Header. */\n${code}\n`).map(({ rule }) => rule);
}

const device = "firmware/services/clock.ts";

describe("module state", () => {
  it.each([
    ["let", "let count = 0;"],
    ["exported let", "export let count = 0;"],
    ["var", "var count = 0;"],
    ["Map", "const table = new Map<string, number>();"],
    ["Set inside an object", "const table = { names: new Set(['a']) };"],
    ["typed array", "export const buffer = new Uint8Array(4);"],
    ["typed array from values", "const bytes = Uint8Array.of(1, 2);"],
    ["ArrayBuffer", "const memory = new ArrayBuffer(16);"],
    ["WeakMap", "const secrets = new WeakMap();"],
    ["settled promise", "const ready = Promise.resolve();"],
    ["let in a block", "{ let count = 0; }"],
    ["static field of a class", "class Clock { static now = 0; }"],
    ["Map in a static block", "class Clock { static { const table = new Map(); } }"],
  ])("finds %s", (_, code) => {
    expect(rules(device, code)).toContain("no-module-state");
  });

  it.each([
    ["constants", "const limit = 4; const names = ['a', 'b']; const table = { a: 1 };"],
    ["let in a function", "export function f() { let count = 0; return count; }"],
    ["Map in a function", "export const f = () => new Map();"],
    ["instance fields", "class Clock { #table = new Map(); now = 0; }"],
    ["readonly static field", "class Clock { static readonly limit = 4; }"],
    ["functions that make nothing", "const epoch = Date.UTC(2026, 0, 1);"],
    ["declarations", "declare let given: number; interface A { b: Map<string, string> }"],
  ])("allows %s", (_, code) => {
    expect(rules(device, code)).toEqual([]);
  });

  it("does not look at tools", () => {
    expect(rules("host-tools/build/x.ts", "let count = 0;")).toEqual([]);
  });
});

describe("regular expressions", () => {
  it.each([
    ["flag g", "export const f = (t: string) => t.replace(/a/g, '');"],
    ["flag y", "export const f = (t: string) => /a/y.test(t);"],
    ["constructed g", "export const f = () => new RegExp('a', 'g');"],
    ["computed flags", "export const f = (flags: string) => RegExp('a', flags);"],
    ["lastIndex", "export function f(p: RegExp) { p.lastIndex = 0; }"],
  ])("finds %s", (_, code) => {
    expect(rules(device, code)).toEqual(["no-stateful-regexp"]);
  });

  it("allows the others", () => {
    expect(rules(device, "const word = /^a+$/iu; export const f = () => new RegExp('a', 'i');")).toEqual([]);
  });
});

describe("evaluation", () => {
  it.each([["eval('1')"], ["new Function('return 1')"], ["Function('return 1')"]])("finds %s", (code) => {
    expect(rules(device, `export const f = () => ${code};`)).toEqual(["no-eval"]);
  });
});

describe("BigInt", () => {
  it.each([["bootloader/slots.ts"], ["hal/drivers/timer.ts"]])("is found in %s", (path) => {
    expect(rules(path, "export const f = (n: number) => 1n + BigInt(n);")).toEqual(["no-bigint", "no-bigint"]);
  });

  it("is allowed elsewhere", () => {
    expect(rules("protocol/cbor/number.ts", "export const f = () => 1n;")).toEqual([]);
  });
});

describe("error properties", () => {
  it.each([
    ["a caught error", "export function f() { try { f(); } catch (error) { error.message = 'x'; } }"],
    ["an error class", "class BootError extends Error { constructor() { super(); this.name = 'BootError'; } }"],
  ])("finds an assignment in %s", (_, code) => {
    expect(rules(device, code)).toEqual(["no-error-assignment"]);
  });

  it("allows class fields and other names", () => {
    const code =
      "class BootError extends Error { override readonly name = 'BootError'; }\nclass App { name; constructor(name) { this.name = name; } }";
    expect(rules(device, code)).toEqual([]);
  });
});

describe("stringify", () => {
  it("finds a module constant", () => {
    expect(rules(device, "const state = { a: 1 } as const; export const f = () => JSON.stringify(state);")).toEqual([
      "no-stringify-of-constant",
    ]);
  });

  it("allows fresh objects", () => {
    expect(rules(device, "export const f = (a: number) => JSON.stringify({ a });")).toEqual([]);
  });
});

describe("imports", () => {
  it.each([
    ["protocol/image/tlv.ts", "../../hal/interfaces/flash.ts"],
    ["hal/interfaces/flash.ts", "../drivers/flash/cfi-flash.ts"],
    ["hal/drivers/uart/pl011.ts", "../../../protocol/image/tlv.ts"],
    ["bootloader/slots.ts", "../firmware/apps/manager.ts"],
    ["bootloader/slots.ts", "../hal/boards/virt-a7/board.ts"],
    ["firmware/apps/manager.ts", "../../bootloader/slots.ts"],
    ["host-tools/build/board.ts", "../../hal/drivers/uart/pl011.ts"],
  ])("%s may not import %s", (path, target) => {
    expect(rules(path, `import { a } from "${target}"; a();`)).toEqual(["import-direction"]);
  });

  it.each([
    ["bootloader/slots.ts", "./native-crypto.ts"],
    ["host-tools/image/verify.ts", "../../bootloader/native-crypto.ts"],
    ["host-tools/image/verify.ts", "../../firmware/main.ts"],
  ])("%s may not reach C through %s", (path, target) => {
    expect(rules(path, `import { a } from "${target}"; a();`)).toEqual(["no-native-import"]);
  });

  it("decisions do not know the board", () => {
    expect(rules("firmware/apps/manager.ts", "import board from 'board'; board();")).toEqual(["no-foreign-import"]);
  });

  it.each([
    ["node:fs", "import { readFileSync } from 'node:fs'; readFileSync('');"],
    ["a package", "export { sha256 } from '@noble/hashes/sha2';"],
    ["a dynamic import", "export const f = () => import('commander');"],
  ])("device code may not import %s", (_, code) => {
    expect(rules("protocol/image/tlv.ts", code)).toEqual(["no-foreign-import"]);
  });

  it.each([
    ["hal/drivers/uart/pl011.ts"],
    ["firmware/apps/manager.ts"],
    ["protocol/image/tlv.ts"],
    ["host-tools/cli/x.ts"],
  ])("%s may not call C", (path) => {
    expect(rules(path, "import { wait } from 'native:cpu'; wait();")).toEqual(["no-native-import"]);
  });

  it.each([
    ["bootloader/rom/main.ts", "native:cpu"],
    ["bootloader/rom/main.ts", "../../hal/boards/virt-a7/board.ts"],
    ["bootloader/root/main.ts", "../native-crypto.ts"],
    ["bootloader/native-crypto.ts", "native:crypto"],
    ["bootloader/native-crypto.ts", "./verify.ts"],
    ["firmware/main.ts", "board"],
    ["hal/boards/virt-a7/board.ts", "native:registers"],
    ["hal/boards/virt-a7/board.ts", "../../drivers/uart/pl011.ts"],
    ["hal/drivers/uart/pl011.ts", "../../interfaces/registers.ts"],
    ["hal/drivers/uart/pl011.ts", "../check-options.ts"],
    ["firmware/apps/manager.ts", "embedded:io/serial"],
    ["host-tools/image/verify.ts", "../../bootloader/verify.ts"],
    ["host-tools/image/verify.ts", "commander"],
    ["test/boards/boot.ts", "../../hal/drivers/uart/pl011.ts"],
  ])("%s may import %s", (path, target) => {
    expect(rules(path, `import { a } from "${target}"; a();`)).toEqual([]);
  });

  it("leaves tests free", () => {
    expect(rules("protocol/image/tlv.test.ts", "import { a } from 'node:fs'; let b = a;")).toEqual([]);
  });
});

describe("names", () => {
  it.each([
    ["protocol/utils.ts"],
    ["host-tools/helpers/x.ts"],
    ["firmware/misc.c"],
    ["hal/manager2.ts"],
    ["hal/flash-utils.h"],
  ])("%s says nothing", (path) => {
    expect(rules(path, "")).toContain("name");
  });

  it("wants lower-case words", () => {
    expect(rules("protocol/imageHeader.ts", "")).toEqual(["name"]);
  });
});

describe("headers and allowances", () => {
  it("finds a file without header", () => {
    expect(checkSource("protocol/a.ts", "export const a = 1;\n").map(({ rule }) => rule)).toEqual(["file-header"]);
  });

  it("gives the line of the finding", () => {
    expect(checkSource(device, "/** Header. */\n\nlet a = 1;\n")[0]).toMatchObject({ path: device, line: 3 });
  });

  it("sets a rule aside for a reason on the line before", () => {
    expect(rules(device, "// lint-allow no-module-state: counted in the test build only\nlet a = 1;")).toEqual([]);
  });

  it.each([
    ["without a reason", "// lint-allow no-module-state:\nlet a = 1;"],
    ["for another rule", "// lint-allow no-eval: because\nlet a = 1;"],
    ["too far away", "// lint-allow no-module-state: because\n\nlet a = 1;"],
  ])("does not set a rule aside %s", (_, code) => {
    expect(rules(device, code)).toEqual(["no-module-state"]);
  });

  it("names file and line of what does not parse", () => {
    expect(() => checkSource(device, "/** Header. */\nconst = ;\n")).toThrow(`${device}:2`);
  });
});
