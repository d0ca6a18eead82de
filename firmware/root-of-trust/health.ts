/** Tells the root of trust that the runtime is well: feeds the watchdog from the event loop, confirms an image on test. */
import type { Timer } from "../../hal/interfaces/timer.ts";
import type { RootState } from "../../protocol/root-calls/state.ts";
import { RootCallError } from "./root-call-error.ts";
import type { RootOfTrust } from "./root-of-trust.ts";

/** How long the event loop may stand still, in milliseconds, before the device is reset. */
export const HANG_LIMIT = 60_000;
/** Four chances in the time of one, for a loop that is merely late. */
export const FEED_PERIOD = 15_000;

/**
 * Feeds the watchdog now and from the event loop of `timer` on, so that a runtime that hangs is reset. An image on test that was
 * not confirmed in time is fed no more; that is for the root of trust to decide, and no failure of this runtime.
 */
export function feedFromLoop(root: RootOfTrust, timer: Timer): void {
  const feed = (): void => {
    try {
      root.feedWatchdog(HANG_LIMIT);
    } catch (error) {
      if (!(error instanceof RootCallError && error.code === "confirm-overdue")) throw error;
    }
  };
  feed();
  timer.repeat(feed, FEED_PERIOD);
}

/** True when something that runs was not confirmed yet. */
export function isOnTest({ images }: RootState): boolean {
  return images.some(({ running }) => running !== undefined && !running.isConfirmed);
}

/** In a person's words, why the device starts once more; undefined for the usual start. */
export function describeRestart({ resetReason, bootCount }: RootState): string | undefined {
  const isUsual = resetReason === "power-on" || resetReason === "requested" || resetReason === "update";
  return isUsual ? undefined : `reset by ${resetReason}, boot ${bootCount}`;
}
