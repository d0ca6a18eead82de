/** Runtime images of other sizes than the build makes, signed as the build signs. */
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

/** Where an image says how long its payload is. */
const PAYLOAD_LENGTH_OFFSET = 12;
const SMALL_PAYLOAD = 4096;

/** A runtime and the slot that holds it. */
export interface PaddedRuntime {
  readonly imageByteLength: number;
  /** Bytes of the whole slot, confirmed. */
  readonly slot: Uint8Array;
}

/**
 * As large as its slot holds: the product's own, with zeros behind what it uses.
 * @throws ImageError
 */
export function paddedRuntime(built: BuildResult, key: ImageKey): PaddedRuntime {
  const { board, image } = built;
  const slotByteLength = imagePartition(board, "runtime", "a").byteLength;
  const { headerByteLength } = board.roles.runtime;
  const bytes = readFileSync(image.path);
  const payload = bytes.subarray(headerByteLength, headerByteLength + bytes.readUInt32LE(PAYLOAD_LENGTH_OFFSET));
  const overhead = signRuntime(built, key, payload, "a").length - payload.length + SIGNATURE_VARIANCE;
  const padded = new Uint8Array(imageByteLimit(slotByteLength) - overhead);
  padded.set(payload);
  const signed = signRuntime(built, key, padded, "a");
  return { imageByteLength: signed.length, slot: confirmedSlot(signed, slotByteLength) };
}

/**
 * Of a few kilobytes, and verified like any other; it cannot run.
 * @returns an image for slot B
 * @throws ImageError
 */
export function smallRuntime(built: BuildResult, key: ImageKey): Uint8Array {
  return signRuntime(built, key, new Uint8Array(SMALL_PAYLOAD), "b");
}

function signRuntime(
  { board, image, trust }: BuildResult,
  key: ImageKey,
  payload: Uint8Array,
  slot: "a" | "b",
): Uint8Array {
  const { headerByteLength, execution } = board.roles.runtime;
  return signImage(
    {
      payload,
      version: parseVersion(image.version),
      headerByteLength,
      placement: { kind: execution === "copied" ? "ram" : "rom", address: trust.runtime.runAddress[slot] },
      securityCounter: 1,
      softwareType: "runtime",
      vendorId: fromHex(trust.runtime.vendorId),
      classId: fromHex(trust.runtime.classId),
    },
    [key],
    imageByteLimit(imagePartition(board, "runtime", slot).byteLength),
  ).bytes;
}
