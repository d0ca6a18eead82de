/** Some blocks of a simulated chip as a flash of their own. */
import type { MarkFlash } from "../../bootloader/marks/flash-access.ts";
import type { NorChip } from "./nor-chip.ts";

/** A flash of `blocks` blocks of equal length from `firstBlock` on. */
export function chipArea(chip: NorChip, firstBlock: number, blocks: number): MarkFlash {
  const start = chip.starts[firstBlock] as number;
  const size = (chip.starts[firstBlock + blocks] as number) - start;
  const status = { size, blockLength: size / blocks, blocks, eraseValue: 0xff, writeAlign: chip.unit };
  const check = (position: number, byteLength: number): number => {
    if (position >= 0 && position + byteLength <= size) return start + position;
    throw new RangeError(`expected a range within ${size} bytes, found ${byteLength} at ${position}`);
  };
  return {
    status: () => status,
    read(target, position) {
      const bytes = typeof target === "number" ? new Uint8Array(target) : target;
      chip.read(bytes, check(position, bytes.length));
      return bytes.buffer as ArrayBuffer;
    },
    write(data, position) {
      const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
      chip.write(bytes, check(position, bytes.length));
    },
    eraseBlock(first, end = first + 1) {
      if (first < 0 || end > blocks) throw new RangeError(`expected blocks below ${blocks}, found ${first} to ${end}`);
      for (let block = first; block < end; block += 1) chip.erase(firstBlock + block);
    },
  };
}
