/** Steps for the hostile runtime, and what it said of each. */
import { STEP, STEP_WORDS } from "./step.ts";

/** One step, encoded, with the name by which its result is found. */
interface Step {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A list of attacks; the board does them in one start. */
export class Script {
  readonly #steps: Step[] = [];

  read(name: string, address: number, byteLength: number): this {
    return this.#add(name, STEP.read, [address, byteLength]);
  }

  write(name: string, address: number, bytes: Uint8Array): this {
    return this.#add(name, STEP.write, [address], bytes);
  }

  writeWord(name: string, address: number, value: number): this {
    return this.write(name, address, littleEndian([value]));
  }

  execute(name: string, address: number, isProtected = false): this {
    return this.#add(name, STEP.execute, [address, isProtected ? 1 : 0]);
  }

  call(name: string, number: number, request: Uint8Array): this {
    return this.#add(name, STEP.call, [number], request);
  }

  rawCall(name: string, ...words: readonly [number, number, number, number, number]): this {
    return this.#add(name, STEP.rawCall, [], littleEndian(words));
  }

  sweep(name: string, first: number, last: number, step: number): this {
    return this.#add(name, STEP.sweep, [first, last, step]);
  }

  scribble(name: string, first: number, last: number, step: number, value: number): this {
    return this.#add(name, STEP.scribble, [first, last, step, value]);
  }

  controlRegisters(name: string): this {
    return this.#add(name, STEP.controlRegisters, []);
  }

  machineCode(name: string, words: readonly number[], isProtected = false): this {
    return this.#add(name, STEP.machineCode, [isProtected ? 1 : 0], littleEndian(words));
  }

  loop(name: string): this {
    return this.#add(name, STEP.loop, []);
  }

  /** What every line about the last step begins with. */
  get lastLine(): string {
    return `step ${this.#steps.length - 1} `;
  }

  /** What lies at the start of storage. */
  encode(): Uint8Array {
    const end = encodeStep(STEP.end, [], new Uint8Array(0));
    return Buffer.concat([...this.#steps.map(({ bytes }) => bytes), end]);
  }

  /** What the board said of each step, by name; of a step that it did not come to, nothing. */
  results(lines: readonly string[]): Map<string, string> {
    const results = new Map<string, string>();
    for (const line of lines) {
      const [, number, said = ""] = /^step (\d+) (.*)$/.exec(line) ?? [];
      const step = number === undefined ? undefined : this.#steps[Number(number)];
      if (step !== undefined) results.set(step.name, said);
    }
    return results;
  }

  #add(name: string, what: number, words: readonly number[], bytes: Uint8Array = new Uint8Array(0)): this {
    this.#steps.push({ name, bytes: encodeStep(what, words, bytes) });
    return this;
  }
}

function encodeStep(what: number, words: readonly number[], bytes: Uint8Array): Uint8Array {
  const [a = 0, b = 0, c = 0, d = 0] = words;
  const head = littleEndian([what, a, b, c, d, bytes.length]);
  const step = new Uint8Array(4 * STEP_WORDS + 4 * Math.ceil(bytes.length / 4));
  step.set(head);
  step.set(bytes, head.length);
  return step;
}

/** 32-bit words as both boards store them. */
export function littleEndian(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => void view.setUint32(4 * index, word >>> 0, true));
  return bytes;
}
