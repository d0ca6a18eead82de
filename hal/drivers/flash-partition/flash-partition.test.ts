import { describe, expect, it } from "vitest";
import { SimulatedCfiFlash } from "../../../test/simulation/simulated-cfi-flash.ts";
import { SimulatedClock } from "../../../test/simulation/simulated-clock.ts";
import { CfiFlash } from "../cfi-flash/cfi-flash.ts";
import { FlashPartition } from "./flash-partition.ts";

const BLOCK = 0x4_0000;

function open() {
  const device = new SimulatedCfiFlash();
  const flash = new CfiFlash({ registers: device, clock: new SimulatedClock({ step: 1 }) });
  return { device, flash, partition: new FlashPartition({ flash, firstBlock: 1, blocks: 2 }) };
}

describe("FlashPartition", () => {
  it("translates positions and blocks", () => {
    const { device, partition } = open();
    expect(partition.status()).toMatchObject({ size: 2 * BLOCK, blocks: 2, blockLength: BLOCK });
    partition.write(new Uint8Array([1, 2, 3, 4]), 8);
    expect(device.words[BLOCK / 4 + 2]).toBe(0x0403_0201);
    partition.eraseBlock(0);
    expect(new Uint8Array(partition.read(4, 8))).toEqual(new Uint8Array(4).fill(255));
  });

  it.each([
    ["reading past its end", (partition: FlashPartition) => partition.read(8, 2 * BLOCK - 4)],
    ["reading before its start", (partition: FlashPartition) => partition.read(4, -4)],
    ["writing past its end", (partition: FlashPartition) => partition.write(new Uint8Array(8), 2 * BLOCK - 4)],
    ["erasing the block behind it", (partition: FlashPartition) => partition.eraseBlock(2)],
    ["erasing from inside to outside", (partition: FlashPartition) => partition.eraseBlock(1, 3)],
    ["erasing the block before it", (partition: FlashPartition) => partition.eraseBlock(-1)],
  ])("refuses %s", (_name, call) => {
    const { device, partition } = open();
    const before = device.contents();
    expect(() => call(partition)).toThrow(RangeError);
    expect(Buffer.compare(device.contents(), before)).toBe(0);
  });

  it("refuses blocks that the flash lacks", () => {
    const { flash } = open();
    expect(() => new FlashPartition({ flash, firstBlock: 3, blocks: 2 })).toThrow(RangeError);
  });

  it("closes twice, refuses later calls and leaves the flash open", () => {
    const { flash, partition } = open();
    partition.close();
    partition.close();
    expect(() => partition.read(1, 0)).toThrow(expect.objectContaining({ code: "closed" }));
    expect(flash.status().blocks).toBe(4);
  });
});
