/** Random bytes by a call into the root of trust, for the board. */
import { call } from "native:root";
import { ROOT_CALLS } from "../protocol/root-calls/calls.ts";
import { encodeMessage } from "../protocol/root-calls/codec.ts";

/** `call` answers the status in the low half, the reply's length in the high one. */
const LENGTH_SHIFT = 16;
const STATUS_MASK = 0xffff;

/** The root of trust gave no random bytes: its source failed its tests, or it refuses. */
export class RandomError extends Error {
  override readonly name = "RandomError";
  readonly code = "unhealthy";
}

/** See `BoardOptions.takeRandom`. @throws RandomError */
export function takeRandom(byteLength: number): Uint8Array {
  const { number, request } = ROOT_CALLS.random;
  const bytes = new Uint8Array(byteLength);
  const result = call(number, encodeMessage(request, { byteLength }), bytes);
  if ((result & STATUS_MASK) !== 0 || result >> LENGTH_SHIFT !== byteLength) {
    throw new RandomError(
      `takeRandom: expected ${byteLength} bytes of the root of trust, found status ${result & STATUS_MASK}`,
    );
  }
  return bytes;
}
