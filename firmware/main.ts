/** The runtime's first module: opens the board, starts the app that the image carries, and hands over to the event loop. */

import { importEntry, isPresent } from "native:archive";
import { write } from "native:console";
import { instructions } from "native:cpu";
import { onTurn } from "native:events";
import { collect, ramUsed } from "native:machine";
import { call } from "native:root";
import { openBoard } from "board";
import type { BoardDevices } from "../hal/interfaces/board.ts";
import type { AppEntry } from "./apps/app.ts";
import { describeFailure } from "./failure.ts";
import { FailureReporter } from "./root-of-trust/failure-reporter.ts";
import { describeRestart, feedFromLoop, isOnTest } from "./root-of-trust/health.ts";
import { RootOfTrust } from "./root-of-trust/root-of-trust.ts";

/** Console values hold no spaces, and nobody else's lines. */
const APP_NAME = /^[\w-]{1,64}$/;

/** Called once by C. Returns when the app has started; from then on the main loop calls the board's event loop. */
export default function main(): void {
  write(`holdfast runtime start instructions=${instructions()}\r\n`);
  const root = new RootOfTrust(call);
  const failures = new FailureReporter(root);
  const board = openBoard({ fillRandom: (destination) => root.random(destination) });
  feedFromLoop(root, board.timer);
  onTurn(() => {
    try {
      return board.loop.turn();
    } catch (error) {
      failures.report(error);
      throw error;
    }
  });
  const state = root.state();
  const restart = describeRestart(state);
  if (restart !== undefined) write(`${restart}\r\n`);
  if (!isPresent()) {
    write("holdfast app failed message=expected an app in the image, found none\r\n");
    return;
  }
  try {
    startApp(board);
    // In a turn of its own: an image is well when its app is up and its event loop runs.
    if (isOnTest(state)) board.timer.schedule(() => root.confirm(), 0);
  } catch (error) {
    failures.report(error);
    write(describeFailure(error));
  }
}

function startApp(board: BoardDevices): void {
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
}
