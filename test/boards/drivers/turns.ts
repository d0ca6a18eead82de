/** The test runtime's event loop: the board's, with its turns counted and errors of callbacks kept. */
import type { BoardDevices } from "../../../hal/interfaces/board.ts";

/** Calls the board's loop for the main loop. */
export class Turns {
  readonly #board: BoardDevices;
  #count = 0;
  #errors: unknown[] = [];

  constructor(board: BoardDevices) {
    this.#board = board;
  }

  /** Turns so far. */
  get count(): number {
    return this.#count;
  }

  /** One turn; an error of a callback is kept for the test that waits for it. */
  turn(): boolean {
    this.#count++;
    try {
      return this.#board.loop.turn();
    } catch (error) {
      this.#errors.push(error);
      return true;
    }
  }

  /** The errors since the last call. */
  takeErrors(): unknown[] {
    const errors = this.#errors;
    this.#errors = [];
    return errors;
  }

  /** Waits in the event loop. */
  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#board.timer.schedule(() => resolve(), milliseconds);
    });
  }
}
