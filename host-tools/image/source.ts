/** An image in a buffer, for tools and tests. */
import { createHash } from "node:crypto";
import type { ImageSource } from "../../protocol/image/source.ts";

/** Gives access to an image in memory; the buffer must not change meanwhile. */
export function memoryImageSource(bytes: Uint8Array): ImageSource {
  const requireRange = (offset: number, length: number): void => {
    if (offset < 0 || length < 0 || offset + length > bytes.length) {
      throw new RangeError(`expected a range within ${bytes.length} bytes, found ${length} bytes at ${offset}`);
    }
  };
  return {
    byteLength: bytes.length,
    read(offset, length) {
      requireRange(offset, length);
      // Not slice(): a Buffer's slice is a view, not a copy.
      return Uint8Array.from(bytes.subarray(offset, offset + length));
    },
    digest(offset, length) {
      requireRange(offset, length);
      return new Uint8Array(
        createHash("sha256")
          .update(bytes.subarray(offset, offset + length))
          .digest(),
      );
    },
  };
}
