/** A runtime image as large as its slot holds: the product's own, with zeros behind what it uses, signed again. */
import { readFileSync } from "node:fs";
import { fromHex } from "../../protocol/image/bytes.ts";
import { parseVersion } from "../../protocol/image/version.ts";
import { imagePartition } from "../build/board-tables.ts";
import type { BuildResult } from "../build/build.ts";
import { confirmedSlot, imageByteLimit } from "../build/factory-flash.ts";
import { signImage } from "../image/sign.ts";
import type { ImageKey } from "../keys/key-file.ts";

/** A signature in DER may be this many bytes longer the next time. */
const SIGNATURE_VARIANCE = 8;

/** A runtime and the slot that holds it. */
export interface PaddedRuntime {
  readonly imageByteLength: number;
  /** Bytes of the whole slot, confirmed. */
  readonly slot: Uint8Array;
}

/** @throws ImageError */
export function paddedRuntime({ board, image, trust }: BuildResult, key: ImageKey): PaddedRuntime {
  const slotByteLength = imagePartition(board, "runtime", "a").byteLength;
  const limit = imageByteLimit(slotByteLength);
  const { headerByteLength, execution } = board.roles.runtime;
  const built = readFileSync(image.path);
  const payload = built.subarray(headerByteLength, headerByteLength + built.readUInt32LE(12));
  const sign = (bytes: Uint8Array) =>
    signImage(
      {
        payload: bytes,
        version: parseVersion(image.version),
        headerByteLength,
        placement: { kind: execution === "copied" ? "ram" : "rom", address: trust.runtime.runAddress.a },
        securityCounter: 1,
        softwareType: "runtime",
        vendorId: fromHex(trust.runtime.vendorId),
        classId: fromHex(trust.runtime.classId),
      },
      [key],
      limit,
    ).bytes;
  const overhead = sign(payload).length - payload.length + SIGNATURE_VARIANCE;
  const padded = new Uint8Array(limit - overhead);
  padded.set(payload);
  const bytes = sign(padded);
  return { imageByteLength: bytes.length, slot: confirmedSlot(bytes, slotByteLength) };
}
