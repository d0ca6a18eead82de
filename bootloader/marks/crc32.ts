/** CRC-32 for records in flash. */

/** CRC-32 (IEEE 802.3, reflected) of each half byte: a table of 16 is a quarter of the work of none, and a 16th of the usual size. */
const HALF_BYTES: readonly number[] = Object.freeze([
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
  0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/** The CRC-32 of the first `byteLength` bytes. It guards against accidents, such as cells that a cut left undecided, and nothing else. */
export function crc32(bytes: Uint8Array, byteLength: number): number {
  let remainder = 0xffffffff;
  for (let index = 0; index < byteLength; index += 1) {
    remainder ^= bytes[index] as number;
    remainder = (remainder >>> 4) ^ (HALF_BYTES[remainder & 15] as number);
    remainder = (remainder >>> 4) ^ (HALF_BYTES[remainder & 15] as number);
  }
  return ~remainder >>> 0;
}
