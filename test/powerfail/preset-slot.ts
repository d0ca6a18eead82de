/** Puts a slot into any state that its marks can read as, without the history that leads there. */
import { eraseCounter } from "../../bootloader/counters/counter-names.ts";
import type { SlotName } from "../../bootloader/counters/state-record.ts";
import type { MarkReading } from "../../bootloader/marks/mark.ts";
import { trailerMagic } from "../../bootloader/slots/trailer-layout.ts";
import type { SimulatedImage } from "./simulated-images.ts";
import type { World } from "./world.ts";

/** A state of the runtime's slot. */
export interface SlotPreset {
  readonly image: SimulatedImage;
  readonly header: MarkReading;
  readonly magic: MarkReading;
  /** image_ok; its proof and spares stay erased. */
  readonly imageOk: MarkReading;
  readonly copyDone: MarkReading;
  readonly isErasing: boolean;
}

const TORN_MARK = 0x41;
const EXACT_MARK = 0x01;

/** Writes a state into an erased slot. */
export function presetSlot(world: World, slot: SlotName, preset: SlotPreset): void {
  const { layout } = world.pairs.runtime[slot];
  const start = world.slotStart("runtime", slot);
  const { bytes } = preset.image;
  const unit = layout.markByteLength;
  const padded = new Uint8Array(Math.ceil(bytes.length / unit) * unit).fill(0xff);
  padded.set(bytes);
  world.chip.preset(padded.subarray(unit), start + unit);
  const header = padded.slice(0, unit);
  if (preset.header === "torn") header[0] = (header[0] as number) ^ 0x20;
  if (preset.header !== "erased") world.chip.preset(header, start);
  const magic = trailerMagic(unit);
  if (preset.magic === "torn") magic[5] = 0xff;
  if (preset.magic !== "erased") world.chip.preset(magic, start + layout.magic);
  const marks: readonly [MarkReading, number | undefined][] = [
    [preset.imageOk, layout.confirm[0]],
    [preset.copyDone, layout.tries[0]],
  ];
  for (const [reading, position] of marks) {
    if (reading === "erased" || position === undefined) continue;
    const mark = new Uint8Array(unit).fill(0xff);
    mark[0] = reading === "exact" ? EXACT_MARK : TORN_MARK;
    world.chip.preset(mark, start + position);
  }
  if (preset.isErasing) world.log.raise(eraseCounter(1, slot), 1);
}
