/** The board's real-time clock: time, setting it, alarms through the interrupt controller and the event loop. */
import type { BoardDevices } from "../../../hal/interfaces/board.ts";
import type { Rtc } from "../../../hal/interfaces/rtc.ts";
import { expectBetween, expectRefusal, expectSame, type Trials } from "./trial.ts";
import type { Turns } from "./turns.ts";

/** Start of time in the emulator's counting runs (board.json, countArgs): 2026-01-01T00:00:00Z. */
const BASE = 1_767_225_600_000;
/** The coarser of the two clocks counts seconds. */
const STEP = 1000;

/** The tests; they expect guest time to start at `BASE`. */
export function rtcTrials(board: BoardDevices, turns: Turns): Trials {
  const { clock } = board;
  const uptime = (): number => (clock.count() * 1000) / clock.frequency;

  async function tellsTheTime(): Promise<string> {
    const rtc = board.openRtc({});
    const time = timeOf(rtc);
    expectBetween(time - (BASE + uptime()), -STEP, 1, "time minus base and uptime");
    expectRefusal("busy", "opening it twice", () => board.openRtc({}));
    await turns.wait(3000);
    expectBetween(timeOf(rtc) - time, 3000 - 1, 3000 + STEP, "time passed");
    rtc.close();
    rtc.close();
    expectRefusal("closed", "time after close", () => rtc.time);
    board.openRtc({}).close();
    return `time=${time}`;
  }

  async function canBeSet(): Promise<undefined> {
    const rtc = board.openRtc({});
    const shift = timeOf(rtc) - uptime();
    rtc.time = 2_000_000_000_000;
    expectBetween(timeOf(rtc), 2_000_000_000_000, 2_000_000_000_000 + STEP, "time after setting it");
    await turns.wait(2000);
    expectBetween(timeOf(rtc), 2_000_000_002_000 - 1, 2_000_000_002_000 + STEP, "time 2 s later");
    for (const time of [-1, 0.5, Number.NaN, 1e18])
      expectRefusal(RangeError, `time ${time}`, () => {
        rtc.time = time;
      });
    expectBetween(timeOf(rtc), 2_000_000_002_000 - 1, 2_000_000_002_000 + STEP, "time after refusals");
    rtc.time = Math.round(shift + uptime());
    rtc.close();
    return undefined;
  }

  async function alarmRings(): Promise<string> {
    const rings: number[] = [];
    const rtc = board.openRtc({ onAlarm: () => void rings.push(uptime()) });
    const start = uptime();
    rtc.configure({ alarm: timeOf(rtc) + 2000 });
    expectSame(rings.length, 0, "rings inside configure");
    const turnsBefore = turns.count;
    await turns.wait(4000);
    expectSame(rings.length, 1, "rings");
    expectBetween((rings[0] ?? 0) - start, 2000 - STEP, 2000 + 2, "milliseconds to the ring");
    expectBetween(turns.count - turnsBefore, 2, 8, "turns: asleep but for ring and timer");
    rtc.configure({ alarm: timeOf(rtc) + 2000 });
    rtc.configure({ alarm: undefined });
    await turns.wait(4000);
    expectSame(rings.length, 1, "rings after the alarm was turned off");
    rtc.configure({ alarm: timeOf(rtc) - 10_000 });
    expectSame(rings.length, 1, "rings inside configure for a past time");
    await turns.wait(0);
    expectSame(rings.length, 2, "rings for a past time");
    rtc.configure({ alarm: timeOf(rtc) + 2000 });
    rtc.close();
    await turns.wait(4000);
    expectSame(rings.length, 2, "rings after close");
    return `after-ms=${((rings[0] ?? 0) - start).toFixed(3)}`;
  }

  async function controllerSurvivesErrors(): Promise<undefined> {
    const error = new Error("thrown by an interrupt handler");
    let rings = 0;
    const rtc = board.openRtc({
      onAlarm() {
        rings += 1;
        if (rings === 1) throw error;
      },
    });
    for (const expected of [1, 2]) {
      rtc.configure({ alarm: timeOf(rtc) + 1000 });
      await turns.wait(2500);
      expectSame(rings, expected, "rings");
    }
    rtc.close();
    const errors = turns.takeErrors();
    expectSame(errors.length, 1, "errors that reached the loop");
    expectSame(errors[0], error, "error that reached the loop");
    return undefined;
  }

  return [
    ["rtc-tells-the-time", tellsTheTime],
    ["rtc-can-be-set", canBeSet],
    ["rtc-alarm-rings", alarmRings],
    ["interrupts-survive-errors", controllerSurvivesErrors],
  ];
}

/** Milliseconds since 1970. */
export function timeOf(rtc: Rtc): number {
  const { time } = rtc;
  if (time === undefined) throw new Error("RTC: expected a time, found none");
  return time;
}
