/** Flash in RAM whose power can be cut, small enough for a device. */
import type { MarkFlash } from "../../../bootloader/marks/flash-access.ts";

const UNIT = 8;

/** Power failed: no code, so that nobody takes it for a failure of the flash. */
export class PowerCut extends Error {}

/** Flash in RAM whose power fails at an operation, which then does half of its work. */
export class CutFlash implements MarkFlash {
  readonly bytes: Uint8Array;
  readonly #blockLength: number;
  readonly #power: { left: number };

  /** Two blocks. */
  constructor(blockLength: number, power: { left: number }) {
    this.bytes = new Uint8Array(2 * blockLength).fill(0xff);
    this.#blockLength = blockLength;
    this.#power = power;
  }

  status() {
    const { length: size } = this.bytes;
    return { size, blockLength: this.#blockLength, blocks: 2, eraseValue: 0xff, writeAlign: UNIT };
  }

  read(target: number | Uint8Array, position: number): ArrayBuffer {
    const bytes = typeof target === "number" ? new Uint8Array(target) : target;
    bytes.set(this.bytes.subarray(position, position + bytes.length));
    return bytes.buffer as ArrayBuffer;
  }

  write(data: ArrayBuffer | Uint8Array, position: number): void {
    const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
    this.#operate(bytes.length, (index) => {
      const at = position + index;
      this.bytes[at] = (this.bytes[at] as number) & (bytes[index] as number);
    });
  }

  eraseBlock(block: number): void {
    const start = block * this.#blockLength;
    this.#operate(this.#blockLength, (index) => {
      this.bytes[start + index] = 0xff;
    });
  }

  #operate(count: number, each: (index: number) => void): void {
    this.#power.left -= 1;
    const isCut = this.#power.left < 0;
    for (let index = 0; index < (isCut ? count / 2 : count); index += 1) each(index);
    if (isCut) throw new PowerCut("power cut");
  }
}
