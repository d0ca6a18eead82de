/** Where the bytes of an image come from, so that its payload never enters the JavaScript heap. */

/**
 * Read access to an image in place: memory-mapped flash on a device, a buffer on a host.
 * Offsets are bytes from the image's first byte. Callers stay inside `byteLength`; an implementation checks all the same
 * and throws RangeError. The bytes must not change while they are verified: the holder of the slot or copy sees to that.
 */
export interface ImageSource {
  /** Bytes that can be read, usually the whole slot. */
  readonly byteLength: number;
  /** Copies `length` bytes; the copy is the caller's and never changes. */
  read(offset: number, length: number): Uint8Array;
  /** SHA-256 of `length` bytes, 32 bytes, computed natively in place. */
  digest(offset: number, length: number): Uint8Array;
}
