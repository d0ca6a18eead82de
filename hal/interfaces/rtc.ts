/** Real-time clocks in the shape of ECMA-419 "real-time clock class pattern". */

/** What `configure` takes. */
export interface RtcConfiguration {
  /** Time of the alarm in milliseconds since 1970-01-01T00:00:00Z; undefined turns the alarm off. A past time rings at once. */
  readonly alarm?: number | undefined;
}

/** Options common to RTC drivers. */
export interface RtcOptions {
  /** Called once for an alarm, which is then off. Never from inside another call to the instance. */
  readonly onAlarm?: (this: Rtc) => void;
  readonly target?: unknown;
}

/**
 * A clock that keeps wall time over resets. It is **not trusted**: on both boards the normal world or the host can set it, so no
 * security decision may rest on it alone.
 */
export interface Rtc {
  readonly target: unknown;
  /**
   * Milliseconds since 1970-01-01T00:00:00Z, in steps of the hardware (1000 ms for PL031). Undefined when the clock was never set.
   * Setting it throws RangeError for a value that the hardware cannot hold. An alarm keeps its wall time.
   */
  time: number | undefined;
  /** Sets or clears the alarm. RangeError for a time that the hardware cannot hold; an error without an `onAlarm` to call. */
  configure(configuration: RtcConfiguration): void;
  /** Turns the alarm off and releases the interrupt; time goes on. Closing twice is fine; any later call throws. */
  close(): void;
}
