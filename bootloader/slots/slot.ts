/** One slot as it reads: header and trailer in two reads, and the marks that boot, upload and confirm write. */
import { IMAGE_HEADER_BYTE_LENGTH, IMAGE_MAGIC } from "../../protocol/image/header.ts";
import { readVersion } from "../../protocol/image/version.ts";
import { type MarkFlash, readWords, tryWrite } from "../marks/flash-access.ts";
import { ERASED_WORD, type MarkReading, writeMark } from "../marks/mark.ts";
import { classifyMarks, ProvenFlag, summarizeFlag } from "../marks/proven-flag.ts";
import type { SlotReadings } from "./slot-class.ts";
import { type TrailerLayout, trailerLayout, trailerMagic, trailerMagicWords } from "./trailer-layout.ts";

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
    const header = readWords(this.flash, 0, IMAGE_HEADER_BYTE_LENGTH);
    const trailer = readWords(this.flash, layout.start, layout.byteLength);
    const mark = layout.markByteLength;
    return {
      header: readHeader(header, mark),
      version: readVersion(new Uint8Array(header.buffer), VERSION_OFFSET),
      magic: readMagic(trailer, (layout.magic - layout.start) >> 2, mark),
      confirm: summarizeFlag(classifyMarks(trailer, layout.start, layout.confirm, mark)),
      tries: classifyMarks(trailer, layout.start, layout.tries, mark),
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

function readHeader(words: Uint32Array, unitByteLength: number): MarkReading {
  if (words[0] === IMAGE_MAGIC) return "exact";
  return isErased(words, 0, unitByteLength >> 2) ? "erased" : "torn";
}

function readMagic(words: Uint32Array, first: number, markByteLength: number): MarkReading {
  const magic = trailerMagicWords(markByteLength);
  if (isErased(words, first, first + magic.length)) return "erased";
  for (let index = 0; index < magic.length; index += 1) if (words[first + index] !== magic[index]) return "torn";
  return "exact";
}

function isErased(words: Uint32Array, first: number, end: number): boolean {
  for (let index = first; index < end; index += 1) if (words[index] !== ERASED_WORD) return false;
  return true;
}
