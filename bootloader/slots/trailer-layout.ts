/** Where a slot's trailer has its marks: MCUboot's at the very end, ours below them. Design note 0010. */
import type { MarkFlash } from "../marks/flash-access.ts";
import { ERASED_BYTE, MARK_VALUE, markByteLength } from "../marks/mark.ts";
import { SlotError } from "./slot-error.ts";

/** Bytes of the magic at the end of a slot. */
export const MAGIC_BYTE_LENGTH = 16;
/** Most tries of an image before it is given up: copy_done and the seven marks that follow it. */
export const TRY_LIMIT = 8;

const CONFIRM_PAIRS = 4;
/** Marks between the magic and the end of the trailer: see {@link trailerLayout}. */
const MARK_COUNT = 4 + (2 * CONFIRM_PAIRS - 1) + (TRY_LIMIT - 1);
/** `boot_img_magic` for BOOT_MAX_ALIGN 8 as little-endian words (boot/bootutil/src/bootutil_public.c). */
const MAGIC_ALIGN_8: readonly number[] = Object.freeze([0xf395c277, 0x7fefd260, 0x0f505235, 0x8079b62c]);
/** The same for 16: the alignment as 16 bits, then 14 bytes for all alignments above 8. */
const MAGIC_ALIGN_16: readonly number[] = Object.freeze([0xe12d0010, 0x0b41295d, 0x9c67778d, 0x8a1f0f11]);

/** Positions are bytes from the slot's start. */
export interface TrailerLayout {
  /** Bytes of a mark, and the alignment of everything: MCUboot's BOOT_MAX_ALIGN. */
  readonly markByteLength: number;
  /** Start of the trailer, and so the most bytes that an image may have. */
  readonly start: number;
  readonly byteLength: number;
  readonly magic: number;
  /** image_ok and its proof, then three spare pairs. */
  readonly confirm: readonly number[];
  /** copy_done, then the marks of further tries. */
  readonly tries: readonly number[];
}

/**
 * From the end of the slot down, in marks of A bytes: magic (16 bytes), image_ok, copy_done, swap_info and swap_size, which stay
 * erased, the proof of image_ok, three spare pairs for it, seven marks for tries.
 * @throws SlotError `slot-geometry`
 */
export function trailerLayout(flash: MarkFlash): TrailerLayout {
  const { size, writeAlign, eraseValue } = flash.status();
  const mark = markByteLength(writeAlign);
  const byteLength = MAGIC_BYTE_LENGTH + MARK_COUNT * mark;
  if (size < 2 * byteLength || size % mark !== 0 || eraseValue !== ERASED_BYTE) {
    throw new SlotError("slot-geometry", `a slot of ${2 * byteLength} bytes or more that erases to 255`, `${size}`);
  }
  const magic = size - MAGIC_BYTE_LENGTH;
  const at = (number: number): number => magic - number * mark;
  const confirm = [at(1)];
  for (let number = 5; confirm.length < 2 * CONFIRM_PAIRS; number += 1) confirm.push(at(number));
  const tries = [at(2)];
  for (let number = 4 + 2 * CONFIRM_PAIRS; tries.length < TRY_LIMIT; number += 1) tries.push(at(number));
  return { markByteLength: mark, start: size - byteLength, byteLength, magic, confirm, tries };
}

/** The magic for an alignment, as four little-endian words. */
export function trailerMagicWords(markByteLength: number): readonly number[] {
  return markByteLength === 16 ? MAGIC_ALIGN_16 : MAGIC_ALIGN_8;
}

/** The magic for an alignment: 16 bytes. */
export function trailerMagic(markByteLength: number): Uint8Array {
  return new Uint8Array(new Uint32Array(trailerMagicWords(markByteLength)).buffer);
}

/** A trailer as a tool writes it beside an image that the factory has confirmed: magic, image_ok and its proof. */
export function encodeConfirmedTrailer(layout: TrailerLayout): Uint8Array {
  const bytes = new Uint8Array(layout.byteLength).fill(ERASED_BYTE);
  bytes[(layout.confirm[0] as number) - layout.start] = MARK_VALUE;
  bytes[(layout.confirm[1] as number) - layout.start] = MARK_VALUE;
  bytes.set(trailerMagic(layout.markByteLength), layout.magic - layout.start);
  return bytes;
}
