/** Digital input and output pins in the shape of ECMA-419 "IO class pattern: Digital" (`embedded:io/digital`). */

/** A pin's level: 0 is inactive, 1 is active. Active is high unless `activeLow` says otherwise. */
export type DigitalValue = 0 | 1;

/**
 * The constants of the `Digital` class. A driver's class has them as static members, so that user code writes `Digital.Input`;
 * the numbers are fixed here to let one program run on every board.
 */
export interface DigitalConstants {
  readonly Input: 0;
  readonly InputPullUp: 1;
  readonly InputPullDown: 2;
  readonly InputPullUpDown: 3;
  readonly Output: 8;
  readonly OutputOpenDrain: 9;
  /** Bits of `edge`, combined with `|`. */
  readonly Rising: 1;
  readonly Falling: 2;
}

/** One of the mode constants. A driver throws RangeError for a mode that its hardware lacks (most pads have no pull control). */
export type DigitalMode = 0 | 1 | 2 | 3 | 8 | 9;

/** Options of `new Digital(options)`. They are read once and never changed; unknown members are ignored. */
export interface DigitalOptions {
  /** Pin number in the numbering of the board. RangeError when there is no such pin; an error when it is already open. */
  readonly pin: number;
  readonly mode: DigitalMode;
  /**
   * Edges of the logical value that call `onReadable`: `Rising`, `Falling` or both. Needed with `onReadable` and useless without.
   * ECMA-419 4th edition: with `activeLow`, a rising edge is the change from inactive to active.
   */
  readonly edge?: number;
  /** When true, a low level reads and writes as 1. Default false. */
  readonly activeLow?: boolean;
  /** Logical value driven from the moment the pin becomes an output; default 0. RangeError for an input. */
  readonly initialValue?: DigitalValue;
  /**
   * Called with the instance as `this` after a selected edge. Edges that come faster than callbacks run are merged into one call,
   * so read the level in the callback. Never called from inside another call to the instance.
   */
  readonly onReadable?: (this: Digital) => void;
  /** Anything the user wants to find again as `instance.target`. */
  readonly target?: unknown;
}

/** An open pin. It stays reserved, and its callback alive, until `close()`. */
export interface Digital {
  readonly target: unknown;
  /** ECMA-419 data format; always "number" for Digital. */
  readonly format: "number";
  /** The logical level now. Allowed on an output, where it gives the level that is driven. */
  read(): DigitalValue;
  /** Drives the pin. RangeError unless `value` is 0 or 1; an error when the pin is an input. */
  write(value: DigitalValue): void;
  /** Releases the pin as an input without interrupt. Closing twice is fine; any later call throws. */
  close(): void;
}
