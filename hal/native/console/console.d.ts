/** The console, polled: for logs before and beside the serial driver. */

/** Writes text as UTF-8, or bytes as they are, and returns when the device took them. @throws TypeError for other values. */
export function write(text: string | ArrayBuffer | Uint8Array): void;

/** The next byte that was received, or -1 when none is waiting: it does not wait. Not beside an open serial driver. */
export function read(): number;
