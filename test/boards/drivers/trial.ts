/** Runs one test after the other on the board, prints a line for each, and says what was expected and found. */
import { write } from "native:console";

/** A test: gives words for its line, or throws. */
export type Trial = () => string | undefined | Promise<string | undefined>;

/** Tests by name, in order. */
export type Trials = readonly (readonly [name: string, trial: Trial])[];

/** Runs all; a failing one does not stop the others. */
export async function runTrials(trials: Trials): Promise<void> {
  for (const [name, trial] of trials) await runTrial(name, trial);
}

async function runTrial(name: string, trial: Trial): Promise<void> {
  try {
    report("pass", name, (await trial()) ?? "");
  } catch (error) {
    report("fail", name, error instanceof Error ? String(error.stack).split("\n").join(" ") : String(error));
  }
}

function report(result: "pass" | "fail", name: string, detail: string): void {
  write(`test ${result} ${name}${detail === "" ? "" : ` ${detail}`}\r\n`);
}

/** Throws unless the two are the same value. */
export function expectSame(found: unknown, wanted: unknown, what: string): void {
  if (!Object.is(found, wanted)) throw new Error(`${what}: expected ${String(wanted)}, found ${String(found)}`);
}

/** Throws unless `minimum <= found <= maximum`. */
export function expectBetween(found: number, minimum: number, maximum: number, what: string): void {
  if (!(found >= minimum && found <= maximum))
    throw new Error(`${what}: expected ${minimum} to ${maximum}, found ${found}`);
}

/** Throws unless the bytes are equal. */
export function expectBytes(found: ArrayBuffer | Uint8Array, wanted: Uint8Array, what: string): void {
  const bytes = found instanceof Uint8Array ? found : new Uint8Array(found);
  expectSame(bytes.length, wanted.length, `${what}: length`);
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[index] !== wanted[index]) expectSame(bytes[index], wanted[index], `${what}: byte ${index}`);
  }
}

/** How an error is recognised: its class, or a driver's code. */
export type Refusal = RangeErrorConstructor | TypeErrorConstructor | string;

/** Throws unless `action` throws that error. */
export function expectRefusal(refusal: Refusal, what: string, action: () => unknown): string {
  try {
    action();
  } catch (error) {
    const fits =
      typeof refusal === "string" ? (error as { code?: unknown }).code === refusal : error instanceof refusal;
    if (fits) return String((error as Error).message);
    throw new Error(`${what}: expected ${nameOf(refusal)}, found ${String(error)}`);
  }
  throw new Error(`${what}: expected ${nameOf(refusal)}, found no error`);
}

function nameOf(refusal: Refusal): string {
  return typeof refusal === "string" ? `an error with code ${refusal}` : `a ${refusal.name}`;
}

/** Bytes of hexadecimal digits. */
export function fromHex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}
