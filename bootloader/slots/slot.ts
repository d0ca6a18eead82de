/** One slot as it reads: header and trailer in two reads, and the marks that boot, upload and confirm write. */
import { equalBytes, fromHex } from "../../protocol/image/bytes.ts";
import { IMAGE_HEADER_BYTE_LENGTH } from "../../protocol/image/header.ts";
import { readVersion } from "../../protocol/image/version.ts";
import { type MarkFlash, readBytes, tryWrite } from "../marks/flash-access.ts";
import { ERASED_BYTE, type MarkReading, writeMark } from "../marks/mark.ts";
import { classifyMarks, ProvenFlag, summarizeFlag } from "../marks/proven-flag.ts";
import type { SlotReadings } from "./slot-class.ts";
import { MAGIC_BYTE_LENGTH, type TrailerLayout, trailerLayout, trailerMagic } from "./trailer-layout.ts";

/** IMAGE_MAGIC as it lies in flash. */
const HEADER_MAGIC = "3db8f396";
const VERSION_OFFSET = 20;

/** A slot of flash. It keeps nothing but where things are. */
export class Slot {
  readonly flash: MarkFlash;
  readonly layout: TrailerLayout;
  readonly #confirm: ProvenFlag;

  /** @throws SlotError `slot-geometry` */
  constructor(flash: MarkFlash) {
    this.flash = flash;
    this.layout = trailerLayout(flash);
    this.#confirm = new ProvenFlag(flash, this.layout.confirm, this.layout.markByteLength);
  }

  /** All that the slot itself says, each cell read once. Nothing here is authenticated. */
  read(): SlotReadings {
    const { layout } = this;
    const header = readBytes(this.flash, 0, IMAGE_HEADER_BYTE_LENGTH);
    const trailer = readBytes(this.flash, layout.start, layout.byteLength);
    const tries = classifyMarks(trailer, layout.start, layout.tries, layout.markByteLength);
    return {
      header: readHeader(header, layout.markByteLength),
      version: readVersion(header, VERSION_OFFSET),
      magic: readMagic(trailer.subarray(layout.magic - layout.start), layout.markByteLength),
      confirm: summarizeFlag(classifyMarks(trailer, layout.start, layout.confirm, layout.markByteLength)),
      tries,
    };
  }

  /** Writes the first write unit of the image, after all else of it: from now on the slot is not empty. */
  writeHeader(unit: Uint8Array): boolean {
    return tryWrite(this.flash, unit, 0);
  }

  /** Asks for a test of the image: writes the magic, after the header. */
  request(): boolean {
    return tryWrite(this.flash, trailerMagic(this.layout.markByteLength), this.layout.magic);
  }

  /** Records one of `limit` tries before the image starts. @returns false when there is none left or the mark did not take */
  markTry(limit: number): boolean {
    for (let index = 0; index < limit; index += 1) {
      const position = this.layout.tries[index];
      if (position !== undefined && writeMark(this.flash, position, this.layout.markByteLength)) return true;
    }
    return false;
  }

  /**
   * Confirms the image for good, or makes sure that it is.
   * @returns false when it is not confirmed and the marks do not take
   */
  confirm(): boolean {
    // Where cuts or bad cells have spoilt every pair, readings must do: a device that can never be updated again is worse than one
    // that might start this image as its last resort.
    return this.#confirm.prove() || this.#confirm.read().isSet;
  }
}

function readHeader(header: Uint8Array, unitByteLength: number): MarkReading {
  if (equalBytes(header.subarray(0, 4), fromHex(HEADER_MAGIC))) return "exact";
  return isErased(header.subarray(0, unitByteLength)) ? "erased" : "torn";
}

function readMagic(bytes: Uint8Array, markByteLength: number): MarkReading {
  if (isErased(bytes)) return "erased";
  return equalBytes(bytes.subarray(0, MAGIC_BYTE_LENGTH), trailerMagic(markByteLength)) ? "exact" : "torn";
}

function isErased(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== ERASED_BYTE) return false;
  return true;
}
