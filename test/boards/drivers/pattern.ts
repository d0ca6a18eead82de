/** Test data that board and host both know. */

/** Bytes that differ from place to place, the same on every call. */
export function pattern(byteLength: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  for (let index = 0; index < byteLength; index++) bytes[index] = (index * 31 + (index >> 8) * 17 + seed) & 0xff;
  return bytes;
}
