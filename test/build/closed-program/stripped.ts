/**
 * What nothing here mentions is gone, and reaching it by a name made at run time ends in a TypeError. Names are put together
 * from parts, because a name that is written out would count as a mention and keep what it names.
 */
import { check, mustThrow, type Tests } from "./check.ts";

type Loose = Record<string, (...values: unknown[]) => unknown>;
/** Joins at run time: no text of the program is the whole name. */
const name = (...parts: readonly string[]): string => parts.join("");
const loose = (value: unknown): Loose => value as Loose;

const globals = globalThis as unknown as Record<string, unknown>;

export const stripped: Tests = Object.freeze({
  "methods-are-gone": () => {
    const reverse = loose([1, 2])[name("rev", "erse")];
    check("undefined", reverse === undefined);
    mustThrow("called", () => (reverse as unknown as () => void)());
    mustThrow("text", () => (loose("text")[name("norma", "lize")] as () => void)());
    mustThrow("number", () => (loose(5)[name("toLocale", "String")] as () => void)());
    mustThrow("bytes", () => (loose(new Uint8Array(2))[name("copy", "Within")] as () => void)());
  },
  "globals-are-gone": () => {
    for (const [start, end] of [
      ["Ref", "lect"],
      ["Pro", "xy"],
      ["Da", "te"],
      ["Weak", "Map"],
      ["Prom", "ise"],
      ["Func", "tion"],
      ["ev", "al"],
      ["Reg", "Exp"],
      ["Big", "Int"],
      ["Float64", "Array"],
    ] as const)
      check(`${start}${end}`, globals[start + end] === undefined);
  },
  "constructors-are-no-way-around": () => {
    mustThrow("function from text", () => {
      const make = loose(() => 1)[name("con", "structor")] as unknown as new (text: string) => () => number;
      return new make("return 1")();
    });
    mustThrow("prototype of a generator", () => {
      const make = loose(Object.getPrototypeOf(function* () {}))[name("con", "structor")];
      return (make as unknown as (text: string) => void)("yield 1");
    });
  },
  "names-of-functions-are-gone": () => {
    check("own", function named() {}[name("na", "me") as "name"] === undefined);
    check("built-in", loose(Object.freeze)[name("na", "me")] === undefined);
  },
  "shared-objects-stay-constant": () => {
    mustThrow("prototype", () => {
      loose(Array.prototype).extra = () => 1;
    });
    mustThrow("table", () => {
      (stripped as Record<string, unknown>).more = 1;
    });
  },
});
