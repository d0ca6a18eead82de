/** Constructs of the language, each of which needs operations of the engine. */
import { check, mustThrow, type Tests } from "./check.ts";

class Account {
  static opened = 0;
  static #secret = 7;
  readonly owner: string;
  #balance: number;

  constructor(owner: string, balance = 10) {
    this.owner = owner;
    this.#balance = balance;
    check("owner is a text", typeof owner === "string");
  }

  get balance(): number {
    return this.#balance;
  }

  set balance(value: number) {
    this.#balance = value;
  }

  static secret(): number {
    return Account.#secret;
  }

  #double(): number {
    return this.#balance * 2;
  }

  doubled(): number {
    return this.#double();
  }

  static isAccount(value: object): boolean {
    return #balance in value;
  }

  /** Nobody calls this one: it is left out. */
  neverCalled(): string {
    return "never-called-text";
  }
}

class Savings extends Account {
  readonly rate: number;

  constructor(owner: string) {
    super(owner, 100);
    this.rate = 3;
  }

  override doubled(): number {
    return super.doubled() + this.rate;
  }
}

class CodedError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function* count(limit: number): Generator<number> {
  for (let index = 0; index < limit; index++) yield index;
}

function sum(...values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Nobody calls this one either. */
export function unreachable(): string {
  return "unreachable-text";
}

const SMALL = 7;
const NEGATIVE = -128;
const LARGE = 128;
/** Three functions of one code, each with a constant of its own. */
const made = Object.freeze([1, 2, 3].map((value) => () => value));

function readConstants(): number {
  return SMALL * 1000 + NEGATIVE + LARGE;
}

function readLater(more: number): () => number {
  const inner = (): number => SMALL + more;
  return () => inner() + NEGATIVE;
}

class Limits {
  readonly most = SMALL;

  isInside(value: number, limit = NEGATIVE): boolean {
    return value > limit && value < this.most;
  }
}

function failDeep(): never {
  throw new CodedError("deep", "found the bottom");
}

export const language: Tests = Object.freeze({
  classes: () => {
    const account = new Account("ada");
    check("default", account.balance === 10);
    account.balance = 21;
    check("private method", account.doubled() === 42);
    check("brand", Account.isAccount(account) && !Account.isAccount({}));
    check("static private", Account.secret() === 7);
    const savings = new Savings("bob");
    check("derived", savings.doubled() === 203 && savings instanceof Account && savings.owner === "bob");
    mustThrow("foreign brand", () => Account.prototype.doubled.call({} as Account));
  },
  closures: () => {
    const made: (() => number)[] = [];
    for (let index = 0; index < 3; index++) made.push(() => index * 10);
    check("per turn", made.map((each) => each()).join() === "0,10,20");
  },
  "captured-constants": () => {
    check("read", readConstants() === 7000);
    check("by an inner function", readLater(1)() === -120);
    check("one code", made.map((each) => each()).join() === "1,2,3");
    check("in a class", new Limits().isInside(6) && !new Limits().isInside(7) && !new Limits().isInside(-128));
  },
  "destructuring-and-spread": () => {
    const { a, ...rest } = { a: 1, b: 2, c: 3 };
    const [first, , third = 9, ...more] = [4, 5, undefined, 6, 7];
    check("object", a === 1 && Object.keys(rest).join() === "b,c");
    check("array", first === 4 && third === 9 && more.length === 2);
    check("call", sum(...[1, 2], ...more) === 16);
    check("copy", { ...rest, d: 4 }.d === 4);
  },
  generators: () => {
    check("spread", [...count(4)].join("-") === "0-1-2-3");
    const steps = count(2);
    check("next", steps.next().value === 0 && steps.next().value === 1 && steps.next().done === true);
  },
  errors: () => {
    try {
      failDeep();
    } catch (error) {
      check("class", error instanceof CodedError && error instanceof Error && !(error instanceof RangeError));
      const { code, message, stack = "" } = error as CodedError;
      check("fields", code === "deep" && message === "found the bottom");
      check("stack names functions", stack.includes("failDeep"));
      return;
    }
    check("unreachable", false);
  },
  "try-finally": () => {
    const order: string[] = [];
    const inner = (): string => {
      try {
        return "result";
      } finally {
        order.push("finally");
      }
    };
    for (const each of [1, 2, 3]) {
      if (each === 2) continue;
      try {
        if (each === 3) break;
      } finally {
        order.push(`left${each}`);
      }
    }
    check("order", inner() === "result" && order.join() === "left1,left3,finally");
  },
  operators: () => {
    const nothing: { deep?: { value: number } } = {};
    let late: number | undefined;
    for (let turn = 0; turn < 2; turn++) late ??= 5 + turn;
    check("optional", nothing.deep?.value === undefined && (nothing.deep?.value ?? 3) === 3);
    check("assign", late === 5 && 2 ** 10 === 1024 && 7 % 4 === 3 && -7 % 4 === -3);
    check("shift", -1 >>> 28 === 15 && 1 << 31 < 0 && (0xf0 ^ 0x0f) === 255 && ~0 === -1);
    check("types", typeof null === "object" && typeof late === "number" && void 0 === undefined);
    check("floats", 0.1 + 0.2 > 0.3 && 1 / 4 === 0.25 && 2 ** 53 === 9007199254740992);
    check("in and delete", delete (nothing as { other?: 1 }).other && !("other" in nothing));
    let turns = 0;
    outer: for (;;) {
      do {
        turns++;
        if (turns > 4) break outer;
      } while (turns < 100);
    }
    check("loops", turns === 5);
  },
  "for-in-and-switch": () => {
    let names = "";
    for (const name in { one: 1, two: 2 }) names += name;
    const kind = (value: number): string => {
      switch (value) {
        case 1:
          return "one";
        case 2:
        case 3:
          return "few";
        default:
          return "many";
      }
    };
    check("names", names === "onetwo" && kind(1) + kind(3) + kind(9) === "onefewmany");
  },
  templates: () => {
    const value = 0x80000001;
    check("number", `${value}|${-5}|${1.5}|${true}|${null}` === "2147483649|-5|1.5|true|null");
    check("object", `${{ toString: () => "own" }}|${[1, [2, 3]]}` === "own|1,2,3");
  },
  symbols: () => {
    const mark = Symbol("mark");
    const marked = {
      [mark]: 1,
      *[Symbol.iterator]() {
        yield "own";
      },
    };
    check("symbols", marked[mark] === 1 && [...marked][0] === "own");
  },
});
