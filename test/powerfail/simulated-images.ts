/** Images with a real header and a made-up signature: the verifier accepts exactly the bytes that "the owner signed". */

import type { SlotName } from "../../bootloader/counters/state-record.ts";
import type { CheckedImage, ImageFloor, ImageRefusal, ImageVerifier } from "../../bootloader/slots/slot-pair.ts";
import { encodeHeader } from "../../protocol/image/header.ts";
import { compareVersions, type ImageVersion, parseVersion } from "../../protocol/image/version.ts";
import { Random } from "./random.ts";

/** What a simulated image claims. */
export interface ImageClaims {
  /** `runtime 2`, say: unique in its world. */
  readonly name: string;
  readonly version: string;
  readonly counter: number;
  readonly keyEpoch: number;
  /** Of a runtime: the lowest root of trust that it runs on. */
  readonly needsRoot?: string;
  /** Of a root of trust: the lowest runtime that it starts. */
  readonly needsRuntime?: string;
  /** Default 300. */
  readonly byteLength?: number;
}

/** An image that the owner signed. */
export class SimulatedImage implements CheckedImage {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly version: ImageVersion;
  readonly securityCounter: number;
  readonly keyEpoch: number;
  readonly imageByteLength: number;
  readonly needsRoot: ImageVersion | undefined;
  readonly needsRuntime: ImageVersion | undefined;

  constructor({ name, version, counter, keyEpoch, needsRoot, needsRuntime, byteLength = 300 }: ImageClaims) {
    this.name = name;
    this.version = parseVersion(version);
    this.securityCounter = counter;
    this.keyEpoch = keyEpoch;
    this.needsRoot = needsRoot === undefined ? undefined : parseVersion(needsRoot);
    this.needsRuntime = needsRuntime === undefined ? undefined : parseVersion(needsRuntime);
    this.imageByteLength = byteLength;
    const header = encodeHeader({
      loadAddress: 0,
      headerByteLength: 32,
      protectedByteLength: 0,
      payloadByteLength: byteLength - 32,
      flags: 0,
      version: this.version,
      reserved: 0,
    });
    const random = new Random(byteLength + counter * 7 + keyEpoch * 31 + this.version.major * 101 + name.length * 1009);
    this.bytes = Uint8Array.from({ length: byteLength }, () => random.bits() >>> 8);
    this.bytes.set(header);
  }
}

/** Reads `byteLength` bytes of a slot as the boot stage would. */
export type ReadSlot = (slot: SlotName, target: Uint8Array) => void;

/** Accepts signed images only, with the floor and the dependency that the real verifier applies. */
export class SimulatedVerifier implements ImageVerifier<SimulatedImage> {
  readonly #images: readonly SimulatedImage[];
  readonly #read: ReadSlot;
  readonly #bytes: Uint8Array;
  /** Version of the root of trust that runs; undefined when there is none to depend on. */
  rootVersion: ImageVersion | undefined;

  constructor(images: readonly SimulatedImage[], read: ReadSlot) {
    this.#images = images;
    this.#read = read;
    this.#bytes = new Uint8Array(Math.max(...images.map(({ imageByteLength }) => imageByteLength)));
  }

  verify(slot: SlotName, floor: ImageFloor, purpose: "install" | "start"): SimulatedImage | ImageRefusal {
    const bytes = this.#bytes;
    this.#read(slot, bytes);
    const image = this.#images.find((signed) => isAt(signed.bytes, bytes));
    if (image === undefined) return { refused: "signature-invalid", isWaiting: false };
    if (image.securityCounter < floor.securityCounter) return { refused: "counter-too-low", isWaiting: false };
    if (image.keyEpoch < floor.keyEpoch) return { refused: "key-revoked", isWaiting: false };
    const isMet =
      image.needsRoot === undefined ||
      (this.rootVersion !== undefined && compareVersions(this.rootVersion, image.needsRoot) >= 0);
    // A base and what depends on it are uploaded before either is tested.
    if (purpose === "start" && !isMet) return { refused: "dependency-unmet", isWaiting: true };
    return image;
  }
}

/** Tells whether `bytes` begins with an image. The last bytes differ most, so they are looked at first. */
function isAt(image: Uint8Array, bytes: Uint8Array): boolean {
  const last = image.length - 1;
  if (bytes[last] !== image[last]) return false;
  for (let index = 0; index < last; index += 1) if (bytes[index] !== image[index]) return false;
  return true;
}
