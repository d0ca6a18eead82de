/** The runtime's first module: opens the board, starts the app that the image carries, and hands over to the event loop. */

import { importEntry, isPresent } from "native:archive";
import { write } from "native:console";
import { instructions } from "native:cpu";
import { onTurn } from "native:events";
import { collect, ramUsed } from "native:machine";
import { openBoard } from "board";
import type { AppEntry } from "./apps/app.ts";
import { describeFailure } from "./failure.ts";
import { takeRandom } from "./native-random.ts";

/** Console values hold no spaces, and nobody else's lines. */
const APP_NAME = /^[\w-]{1,64}$/;

/** Called once by C. Returns when the app has started; from then on the main loop calls the board's event loop. */
export default function main(): void {
  write(`holdfast runtime start instructions=${instructions()}\r\n`);
  const board = openBoard({ takeRandom });
  onTurn(() => board.loop.turn());
  if (!isPresent()) {
    write("holdfast app failed message=expected an app in the image, found none\r\n");
    return;
  }
  try {
    // The app shares this machine for now: at least it cannot replace what the drivers find by name.
    Object.freeze(globalThis);
    const app = importEntry() as AppEntry;
    const name: unknown = app(board);
    if (typeof name !== "string" || !APP_NAME.test(name))
      throw new TypeError(
        "app: expected its entry to return a name of 1 to 64 letters, digits, - and _, found another value",
      );
    const count = instructions();
    collect();
    write(`holdfast app up name=${name} instructions=${count} ram=${ramUsed()}\r\n`);
  } catch (error) {
    write(describeFailure(error));
  }
}
