/** Attacks the frozen root in every way a program has: nothing may change it, nothing may fault, nothing may reach others. */
import { area, Shape, TABLE } from "./shared.ts";

type Loose = Record<string, unknown>;

function mustThrow(what: string, attack: () => void): void {
  try {
    attack();
  } catch (error) {
    if (error instanceof TypeError) return;
    throw new Error(`${what}: expected a TypeError, found ${String(error)}`);
  }
  throw new Error(`${what}: expected a TypeError, found nothing`);
}

function check(what: string, condition: boolean): void {
  if (!condition) throw new Error(`${what}: expected true, found false`);
}

/** Makes garbage, so that the collector runs over whatever the attacks left. */
function churn(): void {
  let kept: unknown = null;
  for (let index = 0; index < 400; index++) kept = { kept: index % 7 === 0 ? null : kept, text: `garbage ${index}` };
}

/** A constructor that returns what it is given, so that a subclass stamps its private members onto that. */
class Returning {
  constructor(value: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is the attack
    return value;
  }
}

class Stamp extends Returning {
  #field = 1;
  read(): number {
    return this.#field;
  }
}

class StampMethod extends Returning {
  #method(): number {
    return 1;
  }
  get #accessor(): number {
    return this.#method();
  }
  read(): number {
    return this.#accessor;
  }
}

/** Called once. */
export default function run(): void {
  const array = Array.prototype as unknown as Loose;
  const object = Object.prototype as unknown as Loose;
  mustThrow("set a method of a prototype", () => {
    array.push = () => 0;
  });
  mustThrow("add to a prototype", () => {
    object.polluted = true;
  });
  mustThrow("delete from a prototype", () => {
    delete array.map;
  });
  mustThrow("redefine a prototype's property", () => {
    Object.defineProperty(Map.prototype, "get", { value: 1 });
  });
  mustThrow("change a prototype's prototype", () => {
    Object.setPrototypeOf(Uint8Array.prototype, null);
  });
  mustThrow("write an item of a shared array", () => {
    (TABLE.items as number[])[0] = 9;
  });
  mustThrow("grow a shared array", () => {
    (TABLE.items as number[]).push(4);
  });
  mustThrow("write a shared object", () => {
    (TABLE as Loose).name = "mine";
  });
  mustThrow("write a shared class", () => {
    (Shape as unknown as Loose).kinds = 7;
  });
  mustThrow("write a shared instance's field", () => {
    (TABLE.shape as unknown as Loose).width = 7;
  });
  mustThrow("call a constructor of functions", () => {
    (area as unknown as { constructor: (text: string) => void }).constructor("return 1");
  });
  // Legal and without effect: the engine must not write what is there already.
  for (const shared of [Object.prototype, Array, Promise, Map.prototype, RegExp.prototype, TABLE, TABLE.items, area])
    check("freezing what is frozen", Object.isFrozen(Object.freeze(shared)) && Object.isSealed(Object.seal(shared)));
  Object.defineProperty(Array.prototype, "push", { enumerable: false });
  Object.defineProperty(Map.prototype, "size", { configurable: false });
  Object.defineProperty(TABLE.items, "0", { enumerable: true });
  mustThrow("make a shared property enumerable", () => {
    Object.defineProperty(Array.prototype, "push", { enumerable: true });
  });
  mustThrow("make a shared property configurable", () => {
    Object.defineProperty(Map.prototype, "size", { configurable: true });
  });
  check("reflection says no", !Reflect.defineProperty(Array.prototype, "absent", { enumerable: true }));
  mustThrow("stamp a private field onto a shared object", () => {
    new Stamp(Object.prototype);
  });
  mustThrow("stamp a private method onto a shared object", () => {
    new StampMethod(TABLE);
  });
  churn();
  check("shared array", TABLE.items.length === 3 && TABLE.items[0] === 1);
  check("shared text after collection", TABLE.name === "shared" && `${TABLE.name}!` === "shared!");
  check("shared instance", area(TABLE.shape) === 12);
  check("harden of a shared object", harden(TABLE) === TABLE);
  const weak = new WeakRef(TABLE);
  churn();
  check("weak reference to a shared object", weak.deref() === TABLE);
  const scope = globalThis as unknown as Loose;
  scope.Array = 1;
  check("a global shadows in this machine", scope.Array === 1);
  delete scope.Array;
  check("deleting it restores the shared one", typeof scope.Array === "function");
  for (const name of [
    "eval",
    "Function",
    "Compartment",
    "ModuleSource",
    "SharedArrayBuffer",
    "Atomics",
    "trace",
    "lockdown",
    "petrify",
  ])
    check(`${name} is absent`, !(name in scope));
  scope.left = "behind";
  churn();
}

declare function harden<T>(value: T): T;
