/** Timers and the event loop on the board: order, accuracy in guest time, sleep, and errors of callbacks. */
import { instructions } from "native:cpu";
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import type { TimerHandle } from "../../../hal/interfaces/timer.ts";
import { expectBetween, expectRefusal, expectSame, type Trials } from "./trial.ts";
import type { Turns } from "./turns.ts";

/** Milliseconds that a callback may be late when nothing else runs. */
const LATENESS = 0.5;
/** Enough for the lateness of each to add up to more than that. */
const REPETITIONS = 25;
const PERIOD = 8;
/** What a wait costs in guest instructions, timer and promise included, however long it is; a second awake is 10^9. */
const WAIT_INSTRUCTIONS = 500_000;
/** How much more a second may cost than 10 ms. */
const IDLE_INSTRUCTIONS = 10_000;
const IDLE_TURNS = 4;

/** The tests. */
export function timerTrials(board: BoardDevices, turns: Turns): Trials {
  const { timer, clock } = board;
  const now = (): number => (clock.count() * 1000) / clock.frequency;

  async function runsInOrder(): Promise<string> {
    const order: string[] = [];
    const note = (name: string) => () => {
      order.push(name);
    };
    timer.schedule(note("late"), 30);
    timer.schedule(note("first-of-two"), 10);
    timer.schedule(note("second-of-two"), 10);
    const cleared = timer.schedule(note("cleared"), 5);
    timer.schedule(() => timer.clear(clearedLater), 15);
    const clearedLater = timer.schedule(note("cleared-later"), 20);
    timer.schedule(note("at-once"), 0);
    timer.clear(cleared);
    timer.clear(cleared);
    expectSame(cleared.active, false, "cleared timer active");
    expectSame(order.length, 0, "callbacks inside schedule");
    await turns.wait(40);
    expectSame(order.join(" "), "at-once first-of-two second-of-two late", "order");
    expectRefusal(TypeError, "clear of a foreign handle", () => timer.clear({ active: true }));
    expectRefusal(RangeError, "a delay of -1", () => timer.schedule(note("never"), -1));
    return order.join(",");
  }

  async function repeatsWithoutDrift(): Promise<string> {
    const start = now();
    const times: number[] = [];
    const handle: TimerHandle = timer.repeat(() => {
      times.push(now() - start);
      if (times.length === REPETITIONS) timer.clear(handle);
    }, PERIOD);
    await turns.wait(PERIOD * (REPETITIONS + 4));
    expectSame(times.length, REPETITIONS, "repetitions");
    times.forEach((time, index) => {
      const due = PERIOD * (index + 1);
      expectBetween(time, due, due + LATENESS, `repetition ${index}`);
    });
    expectSame(handle.active, false, "repeating timer active after clear");
    return `last=${times[REPETITIONS - 1]?.toFixed(3)}`;
  }

  async function isAccurate(): Promise<string> {
    let worst = 0;
    for (const delay of [0, 1, 7, 100, 2500]) {
      const start = now();
      await turns.wait(delay);
      const late = now() - start - delay;
      expectBetween(late, 0, LATENESS, `lateness after ${delay} ms`);
      worst = Math.max(worst, late);
    }
    return `worst-lateness-ms=${worst.toFixed(4)}`;
  }

  async function sleepsWhenIdle(): Promise<string> {
    const short = await costOf(10);
    const long = await costOf(1000);
    expectBetween(long.instructions, 1, WAIT_INSTRUCTIONS, "instructions in an idle second");
    expectBetween(long.instructions - short.instructions, -IDLE_INSTRUCTIONS, IDLE_INSTRUCTIONS, "more than in 10 ms");
    expectBetween(long.turns, 1, IDLE_TURNS, "turns in an idle second");
    return `instructions=${long.instructions} more-than-10-ms=${long.instructions - short.instructions} turns=${long.turns}`;
  }

  /** The cheapest of some waits: others collect garbage on the way. */
  async function costOf(delay: number): Promise<{ instructions: number; turns: number }> {
    let cheapest = { instructions: Number.POSITIVE_INFINITY, turns: 0 };
    for (let round = 0; round < 5; round++) {
      const start = now();
      const [firstTurn, firstInstruction] = [turns.count, instructions()];
      await turns.wait(delay);
      const cost = { instructions: instructions() - firstInstruction, turns: turns.count - firstTurn };
      expectBetween(now() - start, delay, delay + LATENESS, "milliseconds");
      if (cost.instructions < cheapest.instructions) cheapest = cost;
    }
    return cheapest;
  }

  async function survivesErrors(): Promise<undefined> {
    const error = new Error("thrown by a timer");
    let ran = false;
    timer.schedule(() => {
      throw error;
    }, 5);
    timer.schedule(() => {
      ran = true;
    }, 5);
    await turns.wait(10);
    const errors = turns.takeErrors();
    expectSame(errors.length, 1, "errors that reached the loop");
    expectSame(errors[0], error, "error that reached the loop");
    expectSame(ran, true, "timer after the one that threw");
    return undefined;
  }

  return [
    ["timers-run-in-order", runsInOrder],
    ["timers-repeat-without-drift", repeatsWithoutDrift],
    ["timers-are-accurate", isAccurate],
    ["idle-processor-sleeps", sleepsWhenIdle],
    ["timers-survive-errors", survivesErrors],
  ];
}
