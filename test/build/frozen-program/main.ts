/** Uses everything that the freezer accepts, on a board where a write to flash is a fault. */
import { write } from "native:console";
import { powerOff } from "native:cpu";
import { readOne } from "../fixtures/freeze/accepted/bound-this.ts";
import { Counter, shared, Twice } from "../fixtures/freeze/accepted/classes.ts";
import { addOne, addTwo, peek } from "../fixtures/freeze/accepted/closures.ts";
import { change, HEADER, TRAILER } from "../fixtures/freeze/accepted/constants.ts";
import { bound, counting, later, tag, tagged, trickle } from "../fixtures/freeze/accepted/functions.ts";
import { digits } from "../fixtures/freeze/accepted/hardened-regexp.ts";
import * as namespace from "../fixtures/freeze/accepted/nested.ts";
import codes, { empty } from "../fixtures/freeze/accepted/null-prototype.ts";
import { buffer, table as words } from "../fixtures/freeze/accepted/petrified-bytes.ts";
import { mixed, table } from "../fixtures/freeze/accepted/petrified-map.ts";
import { names, empty as noNames } from "../fixtures/freeze/accepted/petrified-set.ts";
import { isWord } from "../fixtures/freeze/accepted/plain-regexp.ts";
import { counter } from "../fixtures/freeze/accepted/private-state.ts";
import {
  big,
  boxed,
  day,
  failure,
  holes,
  marker,
  negative,
  numbers,
  registered,
  texts,
} from "../fixtures/freeze/accepted/values.ts";

declare function harden<T>(value: T): T;

function check(what: string, condition: boolean): void {
  if (!condition) throw new Error(`${what}: expected true, found false`);
}

function mustThrow(what: string, attack: () => void): void {
  try {
    attack();
  } catch (error) {
    if (error instanceof TypeError) return;
    throw error;
  }
  throw new Error(`${what}: expected a TypeError, found nothing`);
}

/** Makes garbage, so that the collector runs over what was touched. */
function churn(): void {
  let kept: unknown = null;
  for (let index = 0; index < 300; index++) kept = { kept: index % 7 === 0 ? null : kept, text: `garbage ${index}` };
}

const TESTS: Readonly<Record<string, () => void>> = Object.freeze({
  "classes-and-private-parts": () => {
    const made = Counter.named(0);
    check("label", made.label === "first");
    check("private field and method", made.step() === 1 && made.value === 1);
    made.value = 9;
    check("setter", made.step() === 10);
    check("derived class", new Twice("mine").step() === 2);
  },
  "private-state-of-a-shared-instance": () => {
    mustThrow("its own method", () => counter.next());
    mustThrow("through a private method", () => shared.step());
    mustThrow("through a setter", () => {
      shared.value = 2;
    });
    churn();
    check("unchanged", shared.value === 0 && shared.label === "shared");
  },
  closures: () => {
    check("captured", addOne(1) === 3 && addTwo(1) === 5);
    mustThrow("captured object", () => {
      (peek() as Record<string, unknown>).more = 1;
    });
    mustThrow("module binding", change);
  },
  "maps-and-sets": () => {
    check("get", table.get("a") === 1 && table.get("b") === 2 && table.get("c") === undefined && table.size === 2);
    check("other keys", mixed.get(1) === "one" && mixed.get(true) === "yes" && mixed.get(null) === "nothing");
    check("number key", mixed.get(1.5) === "more" && mixed.get(2) === undefined);
    check("has", names.has("b") && !names.has("z") && !noNames.has("a"));
    check("walk", [...table.keys()].join() === "a,b" && [...names].join() === "a,b,c");
    mustThrow("set", () => table.set("a", 2));
    mustThrow("delete", () => table.delete("a"));
    mustThrow("add", () => noNames.add("a"));
    mustThrow("clear", () => names.clear());
  },
  bytes: () => {
    check("read", words[0] === 0x428a2f98 && words.length === 2 && new Uint8Array(words.buffer)[0] === 0x98);
    check("copy", words.slice(1)[0] === 0x71374491 && buffer.byteLength === 4);
    mustThrow("element", () => {
      words[0] = 1;
    });
    mustThrow("view", () => {
      new Uint8Array(buffer)[0] = 1;
    });
  },
  "regular-expressions": () => {
    check("match", digits.test("123") && !digits.test("12a") && isWord("abc") && !isWord("a1"));
    check("replace", "a-b".replace(/-/, "+") === "a+b" && "1,2".split(",").length === 2);
    churn();
    check("again", digits.exec("42")?.[0] === "42");
  },
  objects: () => {
    check(
      "nested",
      JSON.stringify([...namespace.settings.sensors.flatMap(({ limits }) => [...limits.flat()])]) === "[1,2,3]",
    );
    check("no prototype", codes.ok === 0 && Object.getPrototypeOf(empty) === null);
    mustThrow("deep", () => (namespace.settings.sensors as unknown[]).push(1));
    check("constants", HEADER === 32 && TRAILER === 16);
  },
  "harden-of-what-is-shared": () => {
    for (const value of [namespace, codes, empty, table, words, words.buffer, digits, counter, readOne, globalThis])
      harden(value);
    harden({ inside: [namespace, globalThis, failure, day, boxed] });
    churn();
  },
  values: () => {
    const [zero, minusZero, half, nan, infinite, minusInfinite, smallest, large] = numbers;
    check("zeros", Object.is(zero, 0) && Object.is(minusZero, -0) && half === 1.5);
    check("special", Number.isNaN(nan) && infinite === 1 / 0 && minusInfinite === -1 / 0);
    check("extremes", smallest === 5e-324 && large === 9007199254740992);
    check("text", texts[0] === "" && texts[1] === 'quote " backslash \\ new\nline' && texts[2] === "zero \0 inside");
    check("unicode", texts[3] === "gr\u00fcn \u4e2d \u{1f600}" && texts[4] === "?? ??/ trigraph");
    check("big", big + negative === 123456789012345678901234567889n);
    check("symbol", typeof marker === "symbol" && marker.description === "marker");
    check("registered", registered === Symbol.for("registered"));
    check("date", day.getTime() === 0);
    check("error", failure instanceof TypeError && failure.message === "kept");
    check("holes", holes.length === 3 && !(1 in holes) && holes[2] === 3);
    check("boxed", (boxed as unknown as number) + 1 === 8);
  },
  functions: () => {
    check("generator", [...counting(3)].join() === "0,1,2");
    check("bound", bound(2) === "me1,2" && readOne() === 1);
    check("tag", tagged === 3 && tag`x${1}` === 3 && tag`x${1}` === 3);
  },
});

async function testPromises(): Promise<void> {
  check("async", (await later(5)) === 5);
  const seen: number[] = [];
  for await (const value of trickle()) seen.push(value);
  check("async generator", seen.join() === "1");
}

function report(name: string, error: unknown): void {
  write(error === undefined ? `test pass ${name}\r\n` : `test fail ${name} ${String(error)}\r\n`);
}

function finish(error: unknown): void {
  report("promises", error);
  write("test done\r\n");
  powerOff(0);
}

/** Called once by C. */
export default function main(): void {
  for (const [name, test] of Object.entries(TESTS)) {
    try {
      test();
      report(name, undefined);
    } catch (error) {
      report(name, error);
    }
  }
  testPromises().then(() => finish(undefined), finish);
}
