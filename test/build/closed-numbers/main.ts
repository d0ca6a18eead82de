/** A program that never asks for fractions as texts: its numbers are converted by hal/native/xs/closed-numbers.c. */
import { write } from "native:console";
import { powerOff } from "native:cpu";
import { check, mustThrow, type Tests } from "../closed-program/check.ts";

/** What the compiler cannot compute. */
const runtime = <T>(value: T): T => value;
const text = (value: number): string => `${runtime(value)}`;
const number = (value: string): number => Number(runtime(value));
const isNotANumber = (value: number): boolean => Object.is(value, Number.NaN);

const tests: Tests = Object.freeze({
  "whole-numbers-as-texts": () => {
    check("small", text(0) === "0" && text(-7) === "-7" && text(2147483647) === "2147483647");
    check("negative zero", text(-0) === "0");
    check("beyond 32 bits", text(2147483648) === "2147483648" && text(-4294967296) === "-4294967296");
    check("largest", text(9007199254740991) === "9007199254740991" && text(2 ** 53) === "9007199254740992");
    check(
      "special",
      text(1 / runtime(0)) === "Infinity" && text(-1 / runtime(0)) === "-Infinity" && text(Number.NaN) === "NaN",
    );
  },
  "whole-numbers-in-a-radix": () => {
    check("hexadecimal", (255).toString(16) === "ff" && (0xdeadbeef).toString(16) === "deadbeef");
    check("binary", (-5).toString(2) === "-101" && (35).toString(36) === "z");
    check("longest", (-(2 ** 53)).toString(2) === `-1${"0".repeat(53)}`);
    check("ten", (1234).toString() === "1234" && (7).toString(10) === "7");
  },
  "fractions-are-refused": () => {
    for (const value of [0.5, -1.25, 1e21, 2 ** 53 + 2])
      check("says so", mustThrow(String(value > 0), () => text(value)) === "not in this machine: fraction as text");
    mustThrow("in a radix", () => runtime(0.5).toString(16));
  },
  "texts-as-numbers": () => {
    check("decimal", number("42") === 42 && number("-17") === -17 && number(" +8 ") === 8 && number("007") === 7);
    check("prefixed", number("0x1F") === 31 && number("0b101") === 5 && number("0o17") === 15);
    check("empty", number("") === 0 && number("  ") === 0);
    check("largest", number("9007199254740992") === 2 ** 53);
    check("infinite", number("-Infinity") === -1 / runtime(0));
    for (const value of ["x", "12x", "0x", "-", "1 2", "0xfg", "--1"]) check(value, isNotANumber(number(value)));
    for (const value of ["1.5", ".5", "1e3", "9007199254740993"]) mustThrow(value, () => number(value));
  },
  powers: () => {
    for (const [base, exponent, value] of [
      [2, 10, 1024],
      [2, -14, 0.00006103515625],
      [-3, 3, -27],
      [5, 0, 1],
      [2, 1023, 8.98846567431158e307],
    ] as const)
      check("power", runtime(base) ** runtime(exponent) === value);
    check("smallest", runtime(2) ** -1074 === 5e-324 && runtime(2) ** 1024 === 1 / runtime(0));
    mustThrow("root", () => runtime(2) ** 0.5);
  },
});

export default function main(): void {
  for (const name of Object.keys(tests)) {
    try {
      (tests[name] as () => void)();
      write(`test pass ${name}\r\n`);
    } catch (error) {
      write(`test fail ${name} ${error instanceof Error ? error.message : "?"}\r\n`);
    }
  }
  write("test done\r\n");
  powerOff(0);
}
