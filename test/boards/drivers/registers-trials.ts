/** Register windows on the board: what they refuse, and that they cannot be forged, widened or moved. */
import { open, read32 } from "native:registers";
import config from "mc/config";
import { deviceConfig, openDevice } from "../../../hal/boards/board-config.ts";
import type { Registers } from "../../../hal/interfaces/registers.ts";
import { expectRefusal, expectSame, type Trials } from "./trial.ts";

/** A device of each board that belongs to C code alone. */
const FOREIGN: Readonly<Record<string, readonly [base: number, byteLength: number]>> = Object.freeze({
  "virt-a7": Object.freeze([0x090b_0000, 0x1000] as const),
  "virt-rv32": Object.freeze([0x0010_0000, 0x1000] as const),
});
const SCRATCH_REGISTER: Readonly<Record<string, number>> = Object.freeze({ "virt-a7": 0x04, "virt-rv32": 0x0c });
const PROTOTYPE = Object.freeze({ read32 });

function scratch(): number {
  return SCRATCH_REGISTER[config.board.name] ?? 0;
}

/** Calls a method with arguments that its type forbids. */
function call(registers: Registers, method: keyof Registers, values: readonly unknown[]): unknown {
  return (registers[method] as (...values: unknown[]) => unknown).apply(registers, [...values]);
}

function outsideIsRefused(): undefined {
  const registers = openDevice("rtc");
  const { byteLength } = deviceConfig("rtc");
  for (const [method, width] of [
    ["read8", 1],
    ["read16", 2],
    ["read32", 4],
  ] as const) {
    for (const offset of [byteLength, byteLength + width, 0xffff_fffc, 2 ** 32, -width, 0.5, Number.NaN, Infinity])
      expectRefusal(RangeError, `${method}(${offset})`, () => call(registers, method, [offset]));
  }
  expectRefusal(RangeError, "write32 outside", () => registers.write32(byteLength, 0));
  return undefined;
}

function misalignedIsRefused(): undefined {
  const registers = openDevice("rtc");
  for (const offset of [1, 2, 3]) {
    expectRefusal(RangeError, `read32(${offset})`, () => registers.read32(offset));
    expectRefusal(RangeError, `write32(${offset})`, () => registers.write32(offset, 0));
  }
  expectRefusal(RangeError, "read16(1)", () => registers.read16(1));
  expectRefusal(RangeError, "write16(1)", () => registers.write16(1, 0));
  return undefined;
}

function valuesAreChecked(): undefined {
  const registers = openDevice("rtc");
  registers.write32(scratch(), 0x1234);
  for (const value of [2 ** 32, -1, 0.5, Number.NaN])
    expectRefusal(RangeError, `write32 of ${value}`, () => registers.write32(scratch(), value));
  expectRefusal(RangeError, "write8 of 256", () => registers.write8(scratch(), 256));
  expectRefusal(RangeError, "write16 of 65536", () => registers.write16(scratch(), 65_536));
  for (const value of ["1", undefined, null, {}, true])
    expectRefusal(TypeError, `write32 of ${String(value)}`, () => call(registers, "write32", [scratch(), value]));
  expectRefusal(TypeError, "write32 without a value", () => call(registers, "write32", [scratch()]));
  expectRefusal(TypeError, "read32 without an offset", () => call(registers, "read32", []));
  expectSame(registers.read32(scratch()), 0x1234, "register after refused writes");
  registers.write32(scratch(), 0xffff_ffff);
  expectSame(registers.read32(scratch()), 0xffff_ffff, "register after the largest value");
  registers.write32(scratch(), 0);
  return undefined;
}

function onlyWholeDevicesOpen(): undefined {
  const { base, byteLength } = deviceConfig("rtc");
  const foreign = FOREIGN[config.board.name];
  for (const [start, length] of [
    [base + 4, byteLength - 4],
    [base, byteLength - 4],
    [base, byteLength + 4],
    [base - 4, byteLength + 4],
    [base, 0],
    [0, 0x1000],
    foreign ?? [base, byteLength],
  ] as const)
    expectRefusal(RangeError, `open(${start}, ${length})`, () => open(PROTOTYPE, start, length));
  expectRefusal(TypeError, "open without a prototype", () => (open as (...values: unknown[]) => unknown)(undefined));
  return undefined;
}

function noneCanBeForged(): undefined {
  const registers = openDevice("rtc");
  const forgeries: readonly (readonly [string, unknown])[] = [
    ["undefined", undefined],
    ["an object", {}],
    ["an heir", Object.create(registers)],
    ["a copy", { ...registers }],
    ["a proxy", new Proxy(registers, {})],
    ["a function", () => undefined],
    ["a buffer", new ArrayBuffer(16)],
    ["an array", [0, 0, 0]],
    ["a number", 1],
  ];
  for (const [what, forgery] of forgeries)
    expectRefusal(TypeError, `read32 of ${what}`, () =>
      (read32 as (offset: number) => number).call(forgery as object, 0),
    );
  expectSame(Object.getOwnPropertyNames(registers).length, 0, "own properties of a window");
  return undefined;
}

/** The tests. */
export const REGISTER_TRIALS: Trials = Object.freeze([
  ["registers-refuse-outside", outsideIsRefused],
  ["registers-refuse-misaligned", misalignedIsRefused],
  ["registers-check-values", valuesAreChecked],
  ["registers-open-whole-devices-only", onlyWholeDevicesOpen],
  ["registers-cannot-be-forged", noneCanBeForged],
] as const);
