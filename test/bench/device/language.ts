/** Small pieces of TypeScript whose price is measured. Each takes a number of turns and returns something, so that nothing is left out. */

/** `for` with one line of integer arithmetic: what the others contain too. */
export function loop(turns: number): number {
  let sum = 0;
  for (let turn = 0; turn < turns; turn++) sum = (sum + turn * 3) | 0;
  return sum;
}

function addThrice(sum: number, turn: number): number {
  return (sum + turn * 3) | 0;
}

/** The same through a function of the module. */
export function functionCall(turns: number): number {
  let sum = 0;
  for (let turn = 0; turn < turns; turn++) sum = addThrice(sum, turn);
  return sum;
}

class Sum {
  #value = 0;

  add(turn: number): void {
    this.#value = (this.#value + turn * 3) | 0;
  }

  get value(): number {
    return this.#value;
  }
}

/** The same through a method that reads and writes a private field. */
export function privateField(turns: number): number {
  const sum = new Sum();
  for (let turn = 0; turn < turns; turn++) sum.add(turn);
  return sum.value;
}

/** One byte read, changed by exclusive-or, and written. */
export function bytes(turns: number): number {
  const data = new Uint8Array(64);
  for (let turn = 0; turn < turns; turn++) data[turn & 63] = (data[turn & 63] as number) ^ turn;
  return data[63] as number;
}

/** A new object with two properties, dropped at once: its share of garbage collection is in the price. */
export function allocation(turns: number): number {
  let sum = 0;
  for (let turn = 0; turn < turns; turn++) {
    const point = { x: turn, y: sum };
    sum = (point.x + point.y) | 0;
  }
  return sum;
}

/** JSON text of 35 characters from an object with three properties. */
export function stringify(turns: number): number {
  const sample = { id: 7, name: "boiler", hot: true };
  let length = 0;
  for (let turn = 0; turn < turns; turn++) length += JSON.stringify(sample).length;
  return length;
}

/** One `await` of a value that is there. */
export async function awaitTurn(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await undefined;
}
