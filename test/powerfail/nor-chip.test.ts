import { describe, expect, it } from "vitest";
import { chipArea } from "./chip-area.ts";
import { FlashFailure, NorViolation, PowerCut } from "./flash-errors.ts";
import { type CutTear, NorChip } from "./nor-chip.ts";
import { type ReadMode, type Tear, tearsOf } from "./tears.ts";

const MARK = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const OTHER = Uint8Array.of(0xfe, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

function prepared(unit = 8): NorChip {
  return new NorChip({ unit, blocks: [64, 64] }, 1);
}

function readings(chip: NorChip, start: number, byteLength = 8): string {
  const bytes = new Uint8Array(byteLength);
  chip.read(bytes, start);
  return Buffer.from(bytes).toString("hex");
}

function cut(chip: NorChip, tear: CutTear, call: () => void): void {
  chip.plan({ operation: 0, tear });
  expect(call).toThrow(PowerCut);
  expect(call).toThrow(PowerCut);
  chip.powerUp();
}

const named = (name: string, kind: "write" | "erase" = "write"): Tear =>
  tearsOf({ kind, start: 0, byteLength: 8 }).find((tear) => tear.name === name) as Tear;
const byTurns = (modes: readonly ReadMode[]): Tear => ({ name: "by turns", hits: () => true, modes, erase: "ones" });

describe("NorChip", () => {
  it("programs each unit once per erase", () => {
    const chip = prepared();
    chip.write(MARK, 8);
    expect(readings(chip, 8)).toBe("01ffffffffffffff");
    expect(() => chip.write(MARK, 8)).toThrow(NorViolation);
    chip.erase(0);
    chip.write(MARK, 8);
  });

  it("counts writing the erased value as programming", () => {
    const chip = prepared();
    chip.write(new Uint8Array(8).fill(0xff), 8);
    expect(() => chip.write(MARK, 8)).toThrow(NorViolation);
  });

  it.each([
    [4, 8],
    [8, 4],
    [8, 0],
  ])("wants whole units: not %i and %i bytes", (start, byteLength) => {
    expect(() => prepared().write(new Uint8Array(byteLength), start)).toThrow(NorViolation);
  });

  it("erases one block and no other", () => {
    const chip = prepared();
    chip.write(MARK, 0);
    chip.write(MARK, 64);
    chip.erase(0);
    expect([readings(chip, 0), readings(chip, 64)]).toEqual(["ffffffffffffffff", "01ffffffffffffff"]);
  });

  it("leaves the bits of a torn write that the tear reaches", () => {
    const chip = prepared();
    cut(chip, named("only bit 0"), () => chip.write(MARK, 0));
    expect(readings(chip, 0)).toBe("fdffffffffffffff");
    cut(chip, named("all but bit 0"), () => chip.write(MARK, 8));
    expect(readings(chip, 8)).toBe("03ffffffffffffff");
  });

  it("changes nothing before an operation", () => {
    const chip = prepared();
    cut(chip, "before", () => chip.write(MARK, 0));
    chip.write(MARK, 0);
  });

  it("lets undecided cells read otherwise in each power cycle", () => {
    const chip = prepared();
    cut(chip, byTurns(["high", "low", "high"]), () => chip.write(MARK, 0));
    const seen = [readings(chip, 0)];
    for (let cycle = 0; cycle < 3; cycle += 1) {
      chip.powerUp();
      seen.push(readings(chip, 0));
    }
    expect(seen).toEqual(["ffffffffffffffff", "01ffffffffffffff", "ffffffffffffffff", "ffffffffffffffff"]);
    expect(chip.isDecided(0, 8)).toBe(false);
    expect(chip.isDecided(8, 64)).toBe(true);
  });

  it("decides the cells that are written again, and only those", () => {
    const chip = prepared();
    cut(chip, byTurns(["high", "low"]), () => chip.write(MARK, 0));
    chip.write(MARK, 0);
    chip.powerUp();
    expect(readings(chip, 0)).toBe("01ffffffffffffff");
    cut(chip, byTurns(["high", "low"]), () => chip.write(MARK, 8));
    chip.write(OTHER, 8);
    chip.powerUp();
    expect(readings(chip, 8)).toBe("00feffffffffffff");
  });

  it("refuses like a driver to program a torn unit that does not read erased", () => {
    const chip = prepared();
    cut(chip, named("only bit 0"), () => chip.write(MARK, 0));
    expect(() => chip.write(MARK, 0)).toThrow(FlashFailure);
  });

  it("allows no write into a block whose erase was cut, however erased it looks", () => {
    const chip = prepared();
    chip.write(MARK, 0);
    cut(chip, named("looks erased", "erase"), () => chip.erase(0));
    expect(readings(chip, 0)).toBe("ffffffffffffffff");
    expect(() => chip.write(MARK, 8)).toThrow(NorViolation);
    chip.erase(0);
    chip.write(MARK, 8);
  });

  it("leaves of a torn erase what was there, zeros, ones, or either by turns", () => {
    const seen = (["looks untouched", "all zero", "first half erased"] as const).map((name) => {
      const chip = prepared();
      chip.write(OTHER, 0);
      chip.write(OTHER, 56);
      cut(chip, named(name, "erase"), () => chip.erase(0));
      return [readings(chip, 0, 2), readings(chip, 56, 2)];
    });
    expect(seen).toEqual([
      ["fefe", "fefe"],
      ["0000", "0000"],
      ["ffff", "fefe"],
    ]);
    const chip = prepared();
    chip.write(OTHER, 0);
    cut(chip, byTurns(["low", "high"]), () => chip.erase(0));
    expect(readings(chip, 0, 2)).toBe("fefe");
    chip.powerUp();
    expect(readings(chip, 0, 2)).toBe("ffff");
    chip.erase(0);
    expect(chip.isDecided(0, 64)).toBe(true);
  });

  it("is exactly as before when it is restored", () => {
    const chip = prepared();
    chip.write(OTHER, 0);
    cut(chip, byTurns(["mix"]), () => chip.write(MARK, 8));
    const snapshot = chip.snapshot();
    const before = [readings(chip, 0, 64), readings(chip, 0, 64)];
    chip.erase(0);
    chip.write(MARK, 8);
    chip.restore(snapshot);
    expect([readings(chip, 0, 64), readings(chip, 0, 64)]).toEqual(before);
    expect(() => chip.write(MARK, 0)).toThrow(NorViolation);
  });

  it("keeps areas apart", () => {
    const area = chipArea(prepared(), 1, 1);
    expect(area.status()).toEqual({ size: 64, blockLength: 64, blocks: 1, eraseValue: 255, writeAlign: 8 });
    expect(() => area.read(1, 64)).toThrow(RangeError);
    expect(() => area.write(MARK, -8)).toThrow(RangeError);
    expect(() => area.eraseBlock(1)).toThrow(RangeError);
  });
});
