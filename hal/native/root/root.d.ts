/** Calls into the root of trust. Runtime only. */

/**
 * Makes one call and waits for its end.
 * @param number Of the call, as `protocol/root-calls` numbers them; 0 to 0x7fff.
 * @param request Up to 4096 bytes, copied by the root of trust before it looks at them.
 * @param reply Receives the reply; up to 4096 bytes. It must not overlap `request`. Bytes behind the reply stay as they are.
 * @returns `status | replyByteLength << 16`.
 * @throws TypeError for arguments of other types, RangeError for a number outside.
 */
export function call(number: number, request: Uint8Array, reply: Uint8Array): number;
