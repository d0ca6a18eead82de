/** Polled console output, for logs before and beside the serial driver. */

/** Writes text as UTF-8, or bytes as they are, and returns when the device took them. @throws TypeError for other values. */
export function write(text: string | ArrayBuffer | Uint8Array): void;
