/** What the tests of a closed root say with. */

export type Tests = Readonly<Record<string, () => void>>;

export function check(what: string, condition: boolean): void {
  if (!condition) throw new RangeError(`${what}: expected true, found false`);
}

/** Throws unless `attack` ends with a TypeError. */
export function mustThrow(what: string, attack: () => unknown): string {
  let found: unknown = "nothing";
  try {
    attack();
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    found = error;
  }
  throw new RangeError(`${what}: expected a TypeError, found ${String(found)}`);
}

/** Makes garbage, so that the collector runs over what was touched. */
export function churn(turns: number): void {
  let kept: unknown = null;
  for (let index = 0; index < turns; index++) kept = { kept: index % 7 === 0 ? null : kept, text: `garbage ${index}` };
}
