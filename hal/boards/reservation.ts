/** Keeps a device without an interrupt line from being opened twice; with a line, attaching to it does that. */

import { DriverError } from "../drivers/driver-error.ts";

/** One device that is free or taken. */
export class Reservation {
  readonly #where: string;
  #holder: object | undefined;

  /** `where` names the device in messages. */
  constructor(where: string) {
    this.#where = where;
  }

  /** Takes the device and returns what frees it again; freeing twice is fine. @throws DriverError `busy` while it is taken. */
  take(): () => void {
    if (this.#holder !== undefined) {
      throw new DriverError("busy", `${this.#where}: expected a free device, found it open`);
    }
    const holder = {};
    this.#holder = holder;
    return () => {
      if (this.#holder === holder) this.#holder = undefined;
    };
  }
}
