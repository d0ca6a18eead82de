/**
 * Resets that a runtime asks for, or brings about, one after the other: they wear the log, so that each waits longer for its boot.
 * Design note 0013.
 */

/** Resets in a row that nobody has to wait for: more than any update needs. */
export const FREE_RESETS = 16;
/** A boot that lived for so long, in milliseconds, begins a new row. */
export const SETTLED_UPTIME = 3_600_000;

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
const DOUBLINGS = 6;

/** Milliseconds from the reset to the start of the runtime. @param streak resets in a row before this boot */
export function stormWait(streak: number): number {
  const over = streak - FREE_RESETS;
  return over < 0 ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT << Math.min(over, DOUBLINGS));
}
