/** An interrupt line between a simulated device and its driver, without a controller. */

import type { InterruptHandler, InterruptLine } from "../../hal/interfaces/interrupts.ts";

/** Level-triggered: `deliver()` calls the handler while the device holds the line. */
export class SimulatedLine implements InterruptLine {
  handler: InterruptHandler | undefined;
  enabled = false;
  /** True while the device asks. */
  level: () => boolean;

  constructor(level: () => boolean = () => false) {
    this.level = level;
  }

  get attached(): boolean {
    return this.handler !== undefined;
  }

  attach(handler: InterruptHandler): void {
    if (this.handler !== undefined) throw new Error("simulation: expected a free line, found one attached");
    this.handler = handler;
    this.enabled = true;
  }

  enable(): void {
    this.enabled = true;
  }

  disable(): void {
    this.enabled = false;
  }

  detach(): void {
    this.handler = undefined;
    this.enabled = false;
  }

  /** Calls the handler until the device is quiet; returns how often. A device that never falls silent is an error. */
  deliver(): number {
    let calls = 0;
    while (this.enabled && this.level()) {
      if (calls === 100) throw new Error("simulation: expected the handler to quiet the device, found it asking still");
      calls += 1;
      this.handler?.();
    }
    return calls;
  }
}
