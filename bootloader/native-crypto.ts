/** The verifier's view of the hardware: images read and hashed in place, signatures checked by native code. */
import { sha256Region, verifyP256 } from "native:crypto";
import { read } from "native:memory";
import type { ImageSource } from "../protocol/image/source.ts";
import type { ImageCrypto } from "./verify.ts";

/** ECDSA P-256 only: Ed25519 images are built and verified by the host tools, and refused here by name. */
export const nativeImageCrypto: ImageCrypto = Object.freeze({ verifyP256 });

/** An image at a physical address; the native functions refuse ranges outside the board's readable regions. */
export function regionSource(address: number, byteLength: number): ImageSource {
  const check = (offset: number, length: number): void => {
    if (offset < 0 || length < 0 || offset > byteLength || length > byteLength - offset)
      throw new RangeError(`image: expected a range within ${byteLength} bytes, found ${offset} and ${length} more`);
  };
  return {
    byteLength,
    read: (offset, length) => {
      check(offset, length);
      return length === 0 ? new Uint8Array(0) : new Uint8Array(read(address + offset, length));
    },
    digest: (offset, length) => {
      check(offset, length);
      return new Uint8Array(sha256Region(address + offset, length));
    },
  };
}
