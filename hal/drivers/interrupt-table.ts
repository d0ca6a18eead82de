/** The handlers of an interrupt controller, by source. */

import type {
  InterruptController,
  InterruptHandler,
  InterruptLine,
  InterruptTrigger,
} from "../interfaces/interrupts.ts";
import { checkInteger } from "./check-options.ts";
import { DriverError } from "./driver-error.ts";

/** How many interrupts `dispatch()` handles before timers get their turn, unless the options say otherwise. */
export const DEFAULT_DISPATCH_LIMIT = 32;

/** Handlers and their checks, shared by the controllers. */
export class InterruptTable {
  readonly #where: string;
  readonly #first: number;
  readonly #last: number;
  readonly #handlers = new Map<number, InterruptHandler>();

  /** `first` and `last` are the controller's valid sources. */
  constructor(where: string, first: number, last: number) {
    this.#where = where;
    this.#first = first;
    this.#last = last;
  }

  /** RangeError unless `source` exists. */
  checkSource(source: number): void {
    checkInteger(source, this.#first, this.#last, `${this.#where}: source`);
  }

  /** Throws unless a handler can be added. */
  add(source: number, handler: InterruptHandler, trigger: InterruptTrigger): void {
    this.checkSource(source);
    if (typeof handler !== "function")
      throw new TypeError(`${this.#where}: expected a function, found ${typeof handler}`);
    if (trigger !== "level" && trigger !== "edge") {
      throw new RangeError(`${this.#where}: expected trigger "level" or "edge", found ${String(trigger)}`);
    }
    if (this.#handlers.has(source)) {
      throw new DriverError("busy", `${this.#where}: expected a free source, found ${source} attached`);
    }
    this.#handlers.set(source, handler);
  }

  remove(source: number): void {
    this.#handlers.delete(source);
  }

  get(source: number): InterruptHandler | undefined {
    return this.#handlers.get(source);
  }

  /** Throws unless `source` has a handler. */
  checkAttached(source: number): void {
    this.checkSource(source);
    if (!this.#handlers.has(source)) {
      throw new DriverError(
        "unsupported",
        `${this.#where}: expected source ${source} to be attached, found no handler`,
      );
    }
  }
}

/** The right to one source of a controller. Detaching only undoes what this line attached. */
export class ControllerLine implements InterruptLine {
  readonly #controller: InterruptController;
  readonly #source: number;
  readonly #trigger: InterruptTrigger;
  #attached = false;

  constructor(controller: InterruptController, source: number, trigger: InterruptTrigger) {
    this.#controller = controller;
    this.#source = source;
    this.#trigger = trigger;
  }

  attach(handler: InterruptHandler): void {
    this.#controller.attach(this.#source, handler, this.#trigger);
    this.#attached = true;
  }

  enable(): void {
    this.#checkAttached();
    this.#controller.enable(this.#source);
  }

  disable(): void {
    this.#checkAttached();
    this.#controller.disable(this.#source);
  }

  detach(): void {
    if (!this.#attached) return;
    this.#attached = false;
    this.#controller.detach(this.#source);
  }

  #checkAttached(): void {
    if (!this.#attached) {
      throw new DriverError(
        "unsupported",
        `InterruptLine: expected source ${this.#source} to be attached, found no handler`,
      );
    }
  }
}
