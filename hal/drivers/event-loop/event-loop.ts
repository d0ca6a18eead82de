/** The TypeScript side of the event loop: interrupts, then timers. */

import type { EventLoop } from "../../interfaces/event-loop.ts";
import type { InterruptController } from "../../interfaces/interrupts.ts";
import { checkObject } from "../check-options.ts";

/** What the loop needs of a timer queue. */
export interface DueTimers {
  /** Runs what is due; true when it ran anything. */
  runDue(): boolean;
}

/** Options of `new DeviceEventLoop(options)`. */
export interface DeviceEventLoopOptions {
  readonly interrupts?: InterruptController;
  readonly timers?: DueTimers;
}

/** See `EventLoop` for who calls `turn()` and when. */
export class DeviceEventLoop implements EventLoop {
  readonly #interrupts: InterruptController | undefined;
  readonly #timers: DueTimers | undefined;

  constructor({ interrupts, timers }: DeviceEventLoopOptions) {
    if (interrupts !== undefined) checkObject(interrupts, ["dispatch"], "DeviceEventLoop: interrupts");
    if (timers !== undefined) checkObject(timers, ["runDue"], "DeviceEventLoop: timers");
    this.#interrupts = interrupts;
    this.#timers = timers;
  }

  turn(): boolean {
    const handled = this.#interrupts?.dispatch() ?? false;
    const ran = this.#timers?.runDue() ?? false;
    return handled || ran;
  }
}
