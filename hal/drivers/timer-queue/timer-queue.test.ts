import { describe, expect, it, vi } from "vitest";
import { SimulatedClock } from "../../../test/simulation/simulated-clock.ts";
import { TimerQueue } from "./timer-queue.ts";

function open(frequency = 1_000_000) {
  const clock = new SimulatedClock({ frequency });
  const timers = new TimerQueue({ clock });
  /** Moves to `milliseconds` after the start and does what the event loop does there. */
  const runAt = (milliseconds: number) => {
    clock.now = Math.ceil((milliseconds * frequency) / 1000) + 1;
    return timers.runDue();
  };
  return { clock, timers, runAt };
}

describe("TimerQueue", () => {
  it("runs a callback once, not early", () => {
    const { timers, runAt } = open();
    const callback = vi.fn();
    timers.schedule(callback, 10);
    expect(runAt(9.999)).toBe(false);
    expect(runAt(10)).toBe(true);
    expect(runAt(100)).toBe(false);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("runs in order of due time, then of scheduling", () => {
    const { timers, runAt } = open();
    const order: string[] = [];
    timers.schedule(() => order.push("late"), 20);
    timers.schedule(() => order.push("first"), 10);
    timers.schedule(() => order.push("second"), 10);
    runAt(30);
    expect(order).toEqual(["first", "second", "late"]);
  });

  it("arms the clock for the earliest timer and disarms it after the last", () => {
    const { clock, timers, runAt } = open();
    timers.schedule(() => {}, 20);
    expect(clock.armed).toBe(20_001);
    const earlier = timers.schedule(() => {}, 5);
    expect(clock.armed).toBe(5001);
    timers.clear(earlier);
    expect(clock.armed).toBe(20_001);
    runAt(20);
    expect(clock.armed).toBeUndefined();
  });

  it("repeats without drift, also with ticks that do not divide", () => {
    const { clock, timers, runAt } = open(32_768);
    const callback = vi.fn();
    timers.repeat(callback, 10);
    for (let time = 10; time <= 1000; time += 10) runAt(time);
    expect(callback).toHaveBeenCalledTimes(100);
    expect(clock.armed).toBe(1 + Math.ceil((1010 * 32_768) / 1000));
  });

  it("skips periods that a long turn missed", () => {
    const { timers, runAt } = open();
    const callback = vi.fn();
    timers.repeat(callback, 10);
    runAt(55);
    expect(callback).toHaveBeenCalledTimes(1);
    expect([runAt(59), runAt(60)]).toEqual([false, true]);
  });

  it("clears a repeating timer from its own callback", () => {
    const { timers, runAt } = open();
    const callback = vi.fn(() => timers.clear(handle));
    const handle = timers.repeat(callback, 10);
    runAt(10);
    runAt(30);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(handle.active).toBe(false);
  });

  it("does not run a timer that an earlier callback cleared", () => {
    const { timers, runAt } = open();
    const second = vi.fn();
    timers.schedule(() => timers.clear(handle), 10);
    const handle = timers.schedule(second, 10);
    runAt(10);
    expect(second).not.toHaveBeenCalled();
  });

  it("leaves what a callback schedules to the next turn", () => {
    const { timers, runAt } = open();
    const again = vi.fn(() => void timers.schedule(again, 0));
    timers.schedule(again, 0);
    runAt(1);
    expect(again).toHaveBeenCalledTimes(1);
    runAt(2);
    expect(again).toHaveBeenCalledTimes(2);
  });

  it("keeps the other timers of a turn whose callback throws", () => {
    const { clock, timers, runAt } = open();
    const other = vi.fn();
    timers.schedule(() => {
      throw new Error("callback failed");
    }, 10);
    timers.schedule(other, 10);
    expect(() => runAt(10)).toThrow("callback failed");
    expect(clock.armed).toBe(10_001);
    expect(runAt(10)).toBe(true);
    expect(other).toHaveBeenCalledTimes(1);
  });

  it("is not re-entrant", () => {
    const { timers, runAt } = open();
    let inner: boolean | undefined;
    timers.schedule(() => {
      inner = timers.runDue();
    }, 1);
    timers.schedule(() => {}, 1);
    runAt(5);
    expect(inner).toBe(false);
  });

  it("says whether a timer is active", () => {
    const { timers, runAt } = open();
    const handle = timers.schedule(() => {}, 1);
    expect(handle.active).toBe(true);
    runAt(1);
    expect(handle.active).toBe(false);
    timers.clear(handle);
    timers.clear(handle);
  });

  it("does not clear a timer of another queue", () => {
    const handle = open().timers.schedule(() => {}, 1);
    open().timers.clear(handle);
    expect(handle.active).toBe(true);
  });

  it.each([[-1], [2 ** 31], [0.5], [Number.NaN]])("refuses the delay %s", (delay) => {
    expect(() => open().timers.schedule(() => {}, delay)).toThrow(RangeError);
  });

  it("refuses a period of 0, a callback that is none and a foreign handle", () => {
    const { timers } = open();
    expect(() => timers.repeat(() => {}, 0)).toThrow(RangeError);
    expect(() => timers.schedule("callback" as never, 1)).toThrow(TypeError);
    expect(() => timers.clear({ active: true })).toThrow(TypeError);
  });

  it("closes twice, runs nothing more and refuses later calls", () => {
    const { clock, timers, runAt } = open();
    const callback = vi.fn();
    timers.schedule(callback, 1);
    timers.close();
    timers.close();
    expect(runAt(10)).toBe(false);
    expect(callback).not.toHaveBeenCalled();
    expect(clock.closed).toBe(true);
    expect(() => timers.schedule(() => {}, 1)).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
