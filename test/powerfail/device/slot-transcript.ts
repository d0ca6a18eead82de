/** An update with a power cut at each of its operations, told line by line: the same lines on Node and on a device. */
import { CounterLog } from "../../../bootloader/counters/counter-log.ts";
import { RUNTIME_IMAGE } from "../../../bootloader/counters/counter-names.ts";
import type { SlotName } from "../../../bootloader/counters/state-record.ts";
import { confirmImages } from "../../../bootloader/slots/confirm.ts";
import { ImageUpload } from "../../../bootloader/slots/image-upload.ts";
import { Slot } from "../../../bootloader/slots/slot.ts";
import type { CheckedImage, ImageRefusal, SlotPair, StartedImage } from "../../../bootloader/slots/slot-pair.ts";
import { startImage } from "../../../bootloader/slots/start-image.ts";
import { encodeConfirmedTrailer } from "../../../bootloader/slots/trailer-layout.ts";
import { encodeHeader } from "../../../protocol/image/header.ts";
import { CutFlash, PowerCut } from "./cut-flash.ts";

/** Room for all steps of all counters, as on a board. */
const STATE_BLOCK = 8192;
const SLOT_BLOCK = 512;
const IMAGE_BYTE_LENGTH = 600;
const CHUNK = 200;
const BOOTS = 3;

const VERSION_1 = Object.freeze({ major: 1, minor: 0, revision: 0, build: 0 });

/** The image of a version; what the verifier accepts. */
function imageOf(version: number): Uint8Array {
  const bytes = new Uint8Array(IMAGE_BYTE_LENGTH);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * 13 + version) & 0xff;
  bytes.set(
    encodeHeader({
      loadAddress: 0,
      headerByteLength: 32,
      protectedByteLength: 0,
      payloadByteLength: IMAGE_BYTE_LENGTH - 32,
      flags: 0,
      version: { major: version, minor: 0, revision: 0, build: 0 },
      reserved: 0,
    }),
  );
  return bytes;
}

/** A device with version 1 from the factory. */
class Device {
  readonly power = { left: 1_000_000 };
  readonly #flashes = [STATE_BLOCK, SLOT_BLOCK, SLOT_BLOCK].map((blockLength) => new CutFlash(blockLength, this.power));
  readonly log = new CounterLog(this.#flash(0));
  readonly pair: SlotPair = { image: RUNTIME_IMAGE, a: new Slot(this.#flash(1)), b: new Slot(this.#flash(2)) };
  /** An accepted image of version n has counter n. */
  readonly verifier = {
    verify: (slot: SlotName): CheckedImage | ImageRefusal => {
      const bytes = this.#flash(slot === "a" ? 1 : 2).bytes;
      const major = bytes[20] as number;
      const expected = imageOf(major);
      for (let index = 0; index < expected.length; index += 1) {
        if (bytes[index] !== expected[index]) return { refused: "digest-mismatch", isWaiting: false };
      }
      const version = { major, minor: 0, revision: 0, build: 0 };
      return { version, securityCounter: major, keyEpoch: 0, imageByteLength: IMAGE_BYTE_LENGTH };
    },
  };

  constructor() {
    this.log.format();
    const { flash, layout } = this.pair.a;
    flash.write(imageOf(1), 0);
    flash.write(encodeConfirmedTrailer(layout), layout.start);
  }

  #flash(index: number): CutFlash {
    return this.#flashes[index] as CutFlash;
  }

  boot(): StartedImage | undefined {
    return startImage(this.pair, this.log, this.verifier, { tryLimit: 1, isBaseConfirmed: true }).started;
  }

  /** Update to version 2: upload, boot, confirm, boot. */
  update(): void {
    const running = this.boot();
    if (running === undefined) return;
    const upload = new ImageUpload({ pair: this.pair, log: this.log, verifier: this.verifier, running: [running] });
    const image = imageOf(2);
    upload.begin(image.length);
    while (upload.nextOffset < image.length) {
      upload.write(upload.nextOffset, image.subarray(upload.nextOffset, upload.nextOffset + CHUNK));
    }
    upload.finish();
    const tested = this.boot();
    if (tested !== undefined) confirmImages([tested], this.log);
    this.boot();
  }
}

/**
 * The decision of a device that has nothing to settle, with a verifier that costs nothing.
 * @returns a function that decides once
 */
export function settledDecision(): () => void {
  const device = new Device();
  device.boot();
  const checked = { version: VERSION_1, securityCounter: 1, keyEpoch: 0, imageByteLength: IMAGE_BYTE_LENGTH };
  const verifier = { verify: () => checked };
  return () => {
    startImage(device.pair, device.log, verifier, { tryLimit: 1, isBaseConfirmed: true });
  };
}

/** Cuts at operation 0, 1, 2, ... until an update ends without one. @returns the number of cuts */
export function slotTranscript(say: (line: string) => void): number {
  for (let operation = 0; ; operation += 1) {
    const device = new Device();
    device.power.left = operation;
    try {
      device.update();
      say(`no cut: ${boots(device)}`);
      return operation;
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      device.power.left = 1_000_000;
      say(`cut ${operation}: ${boots(device)}`);
    }
  }
}

function boots(device: Device): string {
  let text = "";
  for (let boot = 0; boot < BOOTS; boot += 1) {
    const started = device.boot();
    const what = started === undefined ? "nothing" : `${started.kind} ${started.checked.version.major}`;
    text += `${what}, counter ${device.log.read()?.counters[RUNTIME_IMAGE] ?? "none"}; `;
  }
  return text;
}
