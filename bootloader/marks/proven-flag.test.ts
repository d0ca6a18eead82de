import { describe, expect, it } from "vitest";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { PowerCut } from "../../test/powerfail/flash-errors.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import type { ReadMode } from "../../test/powerfail/tears.ts";
import { classifyMark, markByteLength, readMark, writeMark } from "./mark.ts";
import { ProvenFlag } from "./proven-flag.ts";

const LENGTH = 8;

function prepared() {
  const chip = new NorChip({ unit: 8, blocks: [256] }, 1);
  const area = chipArea(chip, 0, 1);
  return { chip, area, flag: new ProvenFlag(area, [0, 8, 16, 24], LENGTH) };
}

function cutAt(chip: NorChip, operation: number, modes: readonly ReadMode[], call: () => void): void {
  chip.plan({ operation, tear: { name: "by turns", hits: () => true, modes, erase: "ones" } });
  expect(call).toThrow(PowerCut);
  chip.powerUp();
}

describe("marks", () => {
  it("read erased, exact or torn, and nothing else", () => {
    const erased = new Uint8Array(LENGTH).fill(0xff);
    const classify = (bytes: Uint8Array<ArrayBuffer>) => classifyMark(new Uint32Array(bytes.buffer), 0, LENGTH);
    expect(classify(erased)).toBe("erased");
    for (let index = 0; index < LENGTH; index += 1) {
      for (let value = 0; value < 0xff; value += 1) {
        const bytes = erased.slice();
        bytes[index] = value;
        expect(classify(bytes)).toBe(index === 0 && value === 1 ? "exact" : "torn");
      }
    }
  });

  it.each([
    [1, 8],
    [2, 8],
    [4, 8],
    [8, 8],
    [16, 16],
  ])("on units of %i bytes have %i", (unit, expected) => {
    expect(markByteLength(unit)).toBe(expected);
  });

  it.each([0, 3, 32])("are refused on units of %i bytes", (unit) => {
    expect(() => markByteLength(unit)).toThrow(RangeError);
  });

  it("are written once", () => {
    const { area } = prepared();
    expect(writeMark(area, 0, LENGTH)).toBe(true);
    expect(readMark(area, 0, LENGTH)).toBe("exact");
    expect(writeMark(area, 0, LENGTH)).toBe(false);
  });

  it("that read erased after a cut are written again", () => {
    const { chip, area } = prepared();
    cutAt(chip, 0, ["high", "mix"], () => void writeMark(area, 0, LENGTH));
    expect(writeMark(area, 0, LENGTH)).toBe(true);
    chip.powerUp();
    expect(readMark(area, 0, LENGTH)).toBe("exact");
  });

  it("hide no mistake of a program", () => {
    const { area } = prepared();
    area.write = () => {
      throw new TypeError("no function");
    };
    expect(() => writeMark(area, 0, LENGTH)).toThrow(TypeError);
  });
});

describe("ProvenFlag", () => {
  it("is set and proven by two marks, and then written no more", () => {
    const { chip, flag } = prepared();
    expect(flag.read()).toEqual({ isSet: false, isProven: false });
    expect(flag.prove()).toBe(true);
    expect(flag.read()).toEqual({ isSet: true, isProven: true });
    expect(chip.operations).toHaveLength(2);
    flag.prove();
    expect(chip.operations).toHaveLength(2);
  });

  it("does not prove a mark that an earlier cycle left, but takes the next pair", () => {
    const { chip, flag } = prepared();
    cutAt(chip, 0, ["low", "high"], () => flag.prove());
    expect(flag.read()).toEqual({ isSet: true, isProven: false });
    expect(flag.prove()).toBe(true);
    chip.powerUp();
    expect(flag.read()).toEqual({ isSet: true, isProven: true });
  });

  it("stays set when only its proof was cut", () => {
    const { chip, flag } = prepared();
    cutAt(chip, 1, ["high", "mix"], () => flag.prove());
    expect(flag.read().isSet).toBe(true);
    chip.powerUp();
    expect(flag.read().isSet).toBe(true);
  });

  it("says so when its pairs are used up", () => {
    const { chip, flag } = prepared();
    for (let pair = 0; pair < 2; pair += 1) cutAt(chip, 0, ["mix"], () => flag.prove());
    expect(flag.prove()).toBe(false);
  });
});
