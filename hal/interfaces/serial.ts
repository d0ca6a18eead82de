/** Serial ports in the shape of ECMA-419 "IO class pattern: Serial" (`embedded:io/serial`). */

/** How `read` returns data: "number" is one byte at a time, "buffer" is an ArrayBuffer of all or of `count` bytes. */
export type SerialFormat = "number" | "buffer";

/** A reason that a receiver lost or damaged data, as reported to `onError`. */
export type SerialFault = "overrun" | "parity" | "framing" | "break";

/** Options common to every serial driver; the driver adds its registers and its interrupt line. Unknown members are ignored. */
export interface SerialOptions {
  /** Line rate in bits per second, positive. RangeError when the clock cannot make it within 2 %. */
  readonly baud: number;
  /** Default "number", as ECMA-419 says. */
  readonly format?: SerialFormat;
  /** Bytes kept for the receiver and for the transmitter, 16 to 65536 each; default 256. */
  readonly bufferLength?: number;
  /**
   * Called with the number of bytes that can be read, after some arrived. Not called again for the same bytes: a reader that leaves
   * bytes behind hears of them with the next arrival. When nobody reads, the receive buffer fills, then the hardware's, and then the
   * sender is held back by flow control or bytes are lost, which `onError` reports as "overrun".
   */
  readonly onReadable?: (this: Serial, count: number) => void;
  /** Called with the number of bytes that `write` takes: once after opening, then each time earlier writes left the buffer. */
  readonly onWritable?: (this: Serial, count: number) => void;
  /** Called when the receiver lost or damaged data. Without it the fault is only cleared. */
  readonly onError?: (this: Serial, fault: SerialFault) => void;
  readonly target?: unknown;
}

/** An open serial port. Callbacks never run inside a call to the instance: they come from the event loop or from a promise job. */
export interface Serial {
  readonly target: unknown;
  /** May be changed at any time; RangeError for an unknown format. */
  format: SerialFormat;
  /**
   * Takes received bytes.
   * In format "number": the next byte, or undefined when there is none; an argument is ignored.
   * In format "buffer": with no argument all received bytes, with a count up to that many, as an ArrayBuffer; with a Uint8Array,
   * fills its start and returns how many bytes it got. Undefined when there is nothing to read.
   */
  read(limit?: number | Uint8Array): number | ArrayBuffer | undefined;
  /**
   * Queues bytes to be sent: a number 0 to 255 in format "number", else an ArrayBuffer or a Uint8Array, which is copied.
   * All or nothing: throws an error with code "no-space", having taken no byte, when the transmit buffer lacks room.
   */
  write(data: number | ArrayBuffer | Uint8Array): void;
  /** Waits until all that was written has left for the wire. Throws with code "timeout" when the transmitter stands still. */
  flush(): void;
  /** Stops both directions at once and drops what was not sent. Closing twice is fine; any later call throws. */
  close(): void;
}
