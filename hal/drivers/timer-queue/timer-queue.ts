/** The Timer service: any number of timers over one one-shot clock. */

import type { OneShotClock, Timer, TimerHandle } from "../../interfaces/timer.ts";
import { checkClock, checkInteger, checkObject } from "../check-options.ts";
import { closedError } from "../driver-error.ts";

const LONGEST_DELAY = 0x7fff_ffff;

interface Entry {
  readonly handle: Handle;
  readonly callback: () => void;
  /** Tick count from which the periods are counted, so that rounding does not add up. */
  start: number;
  /** Ticks of one period; not always an integer. */
  readonly period: number;
  readonly repeating: boolean;
  due: number;
  /** Order of scheduling, for equal due times. */
  readonly sequence: number;
}

class Handle implements TimerHandle {
  #isActive: () => boolean;

  constructor(isActive: () => boolean) {
    this.#isActive = isActive;
  }

  get active(): boolean {
    return this.#isActive();
  }

  static isHandle(value: unknown): value is Handle {
    return typeof value === "object" && value !== null && #isActive in value;
  }
}

/** Options of `new TimerQueue(options)`. */
export interface TimerQueueOptions {
  /** Used by nobody else for waking; the queue closes it. */
  readonly clock: OneShotClock;
}

/** Timers in order of due time. The event loop calls `runDue()`; nothing else runs callbacks. */
export class TimerQueue implements Timer {
  readonly #clock: OneShotClock;
  /** Sorted by due time, then sequence. */
  #entries: Entry[] = [];
  #sequence = 0;
  #running = false;
  #closed = false;

  constructor({ clock }: TimerQueueOptions) {
    checkClock(clock, "TimerQueue");
    checkObject(clock, ["arm", "disarm"], "TimerQueue: clock");
    this.#clock = clock;
  }

  schedule(callback: () => void, milliseconds: number): TimerHandle {
    return this.#add(callback, checkInteger(milliseconds, 0, LONGEST_DELAY, "TimerQueue: milliseconds"), false);
  }

  repeat(callback: () => void, milliseconds: number): TimerHandle {
    return this.#add(callback, checkInteger(milliseconds, 1, LONGEST_DELAY, "TimerQueue: milliseconds"), true);
  }

  clear(handle: TimerHandle): void {
    if (!Handle.isHandle(handle)) throw new TypeError(`TimerQueue: expected a timer handle, found ${typeof handle}`);
    const index = this.#entries.findIndex((entry) => entry.handle === handle);
    if (index < 0) return;
    this.#entries.splice(index, 1);
    if (index === 0) this.#arm();
  }

  /** Runs the callbacks that are due now, but none that they schedule; true when it ran any. Not re-entrant. */
  runDue(): boolean {
    if (this.#closed || this.#running || this.#entries.length === 0) return false;
    const now = this.#clock.count();
    let ran = false;
    this.#running = true;
    try {
      for (;;) {
        const entry = this.#entries[0];
        // What a callback schedules is due at least one tick after `now`, so this ends.
        if (entry === undefined || entry.due > now) break;
        this.#entries.shift();
        if (entry.repeating) this.#reschedule(entry, now);
        ran = true;
        entry.callback();
      }
    } finally {
      this.#running = false;
      this.#arm();
    }
    return ran;
  }

  /** Forgets all timers and closes the clock. Closing twice is fine. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#entries = [];
    this.#clock.close();
  }

  #add(callback: () => void, milliseconds: number, repeating: boolean): TimerHandle {
    if (this.#closed) throw closedError("TimerQueue");
    if (typeof callback !== "function")
      throw new TypeError(`TimerQueue: expected a function, found ${typeof callback}`);
    // One tick is added because the present tick has partly gone: late rather than early.
    const start = this.#clock.count() + 1;
    const period = (milliseconds * this.#clock.frequency) / 1000;
    const handle: Handle = new Handle(() => this.#entries.some((entry) => entry.handle === handle));
    const due = start + Math.ceil(period);
    this.#insert({ handle, callback, start, period, repeating, due, sequence: this.#sequence });
    this.#sequence += 1;
    return handle;
  }

  #reschedule(entry: Entry, now: number): void {
    const periods = Math.max(1, Math.floor((now - entry.start) / entry.period) + 1);
    entry.due = entry.start + Math.ceil(periods * entry.period);
    this.#insert(entry);
  }

  #insert(entry: Entry): void {
    let index = this.#entries.length;
    while (index > 0 && isLater(this.#entries[index - 1] as Entry, entry)) index -= 1;
    this.#entries.splice(index, 0, entry);
    if (index === 0) this.#arm();
  }

  #arm(): void {
    if (this.#closed || this.#running) return;
    const first = this.#entries[0];
    if (first === undefined) this.#clock.disarm();
    else this.#clock.arm(first.due);
  }
}

function isLater(a: Entry, b: Entry): boolean {
  return a.due > b.due || (a.due === b.due && a.sequence > b.sequence);
}
