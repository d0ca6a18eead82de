/** Puts the image of slot A where it runs, unverified: this test is about what happens afterwards. */
import { loadImage, read } from "native:memory";
import config from "mc/config";
import type { PartitionConfig } from "../../../hal/boards/config.d.ts";

/** Offsets and lengths of the MCUboot header's fields. */
const HEADER_BYTE_LENGTH = 32;
const HEADER_LENGTH_OFFSET = 8;
const IMAGE_LENGTH_OFFSET = 12;

/** What `launch` and `startRuntime` take. */
export interface LoadedImage {
  readonly payload: number;
  readonly payloadByteLength: number;
}

/** @throws RangeError when the board has no such partition */
export function loadSlot(name: "root-a" | "runtime-a"): LoadedImage {
  const partitions: Readonly<Record<string, PartitionConfig>> = config.board.partitions;
  const partition = partitions[name];
  if (partition === undefined) throw new RangeError(`board.json: expected a partition ${name}, found none`);
  const header = new DataView(read(partition.base, HEADER_BYTE_LENGTH));
  const headerByteLength = header.getUint16(HEADER_LENGTH_OFFSET, true);
  const payloadByteLength = header.getUint32(IMAGE_LENGTH_OFFSET, true);
  const address = loadImage(partition.base, headerByteLength + payloadByteLength);
  return { payload: address + headerByteLength, payloadByteLength };
}
