/** The boot stage's first module: verifies the runtime image where it will run, measures the cost, and starts it. */

import { write } from "native:console";
import { instructions, launch, powerOff } from "native:cpu";
import { loadImage } from "native:memory";
import config from "mc/config";
import type { PartitionConfig } from "../hal/boards/config.d.ts";
import { toHex } from "../protocol/image/bytes.ts";
import { ImageError, type ImageErrorCode } from "../protocol/image/errors.ts";
import { formatVersion } from "../protocol/image/version.ts";
import { nativeImageCrypto, regionSource } from "./native-crypto.ts";
import { trustPolicy } from "./trust.ts";
import { type VerifiedImage, verifyImage } from "./verify.ts";

const PARTITIONS: Readonly<Record<string, PartitionConfig>> = config.board.partitions;
const EXIT_REFUSED = 1;

/** Called once by C. Never returns: the runtime runs, or the board is off. */
export default function boot(): void {
  write(`holdfast boot start board=${config.board.name} version=${config.version}\r\n`);
  const slot = PARTITIONS["runtime-a"];
  if (slot === undefined) throw new RangeError("board.json: expected a partition runtime-a, found none");
  // From here on only the copy counts: what is verified is what runs.
  const address = loadImage(slot.base, slot.byteLength);
  const image = verifyOrPowerOff(address, slot.byteLength);
  const { version, headerByteLength, payloadByteLength } = image.header;
  const counted = `instructions=${instructions()}`;
  write(
    `holdfast boot verified version=${formatVersion(version)} digest=${toHex(image.digest)} key=${toHex(image.key.keyHash)} ${counted}\r\n`,
  );
  try {
    launch(address + headerByteLength, payloadByteLength, new Uint8Array(0));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse("launch-refused", error.message);
  }
}

function verifyOrPowerOff(address: number, byteLength: number): VerifiedImage {
  try {
    return verifyImage(regionSource(address, byteLength), trustPolicy(config.trust, byteLength), nativeImageCrypto);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return refuse(error.code, error.message);
  }
}

function refuse(code: ImageErrorCode | "launch-refused", message: string): never {
  write(`holdfast boot refused code=${code} detail=${message.split(" ").join("_")}\r\n`);
  return powerOff(EXIT_REFUSED);
}
