/** The calls of the test's root of trust. */
export const CALL = Object.freeze({
  /** Replies with the request. */
  ECHO: 1,
  /** Replies with 16 bytes of arithmetic, see {@link arithmetic}. */
  ARITHMETIC: 2,
  /** Resumes without an answer. */
  FORGET: 3,
  /** Replies with 16 bytes, whatever room there is. */
  LONG_REPLY: 4,
  /** Refuses with status 9 and 16 bytes of words, whatever room there is. */
  REFUSE: 5,
  /** Arms the watchdog; the caller will not be heard of again. */
  HANG: 6,
  /** As in protocol/root-calls. */
  RESET: 19,
  POWER_OFF: 20,
});

/** What REFUSE answers. */
export const REFUSED = 9;

/** Results that another rounding mode would give otherwise. */
export function arithmetic(): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setFloat64(0, Math.sqrt(2) / 3, true);
  view.setFloat64(8, -1 / 3 + 1e-310, true);
  return new Uint8Array(view.buffer);
}
