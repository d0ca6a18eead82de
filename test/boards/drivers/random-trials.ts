/** The random source: bytes that differ, from the root of trust. */
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import { expectBetween, expectRefusal, expectSame, type Trials } from "./trial.ts";

const LENGTH = 1000;

function differences(one: Uint8Array, other: Uint8Array): number {
  let count = 0;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) count++;
  return count;
}

/** The tests. */
export function randomTrials(board: BoardDevices): Trials {
  function fills(): string {
    const random = board.openRandom();
    const [first, second] = [new Uint8Array(LENGTH), new Uint8Array(LENGTH)];
    random.fill(first);
    random.fill(second);
    // Equal bytes are 1 in 256: 850 differences of 1000 are more than 40 standard deviations below the mean.
    const count = differences(first, second);
    expectBetween(count, 850, LENGTH, "bytes that differ between two fills");
    expectBetween(differences(first, new Uint8Array(LENGTH)), 850, LENGTH, "bytes that are not 0");
    const parts = new Uint8Array(10);
    random.fill(parts.subarray(2, 5));
    expectSame(parts[1] === 0 && parts[5] === 0, true, "bytes around a view left alone");
    expectRefusal(TypeError, "fill of an ArrayBuffer", () => random.fill(new ArrayBuffer(4) as unknown as Uint8Array));
    expectRefusal("busy", "opening it twice", () => board.openRandom());
    random.close();
    random.close();
    expectRefusal("closed", "fill after close", () => random.fill(first));
    return `differences=${count}`;
  }

  function opensAgain(): undefined {
    for (let round = 0; round < 8; round++) board.openRandom().close();
    return undefined;
  }

  return [
    ["random-fills-differ", fills],
    ["random-opens-again", opensAgain],
  ];
}
