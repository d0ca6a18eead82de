import { describe, expect, it } from "vitest";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { PowerCut } from "../../test/powerfail/flash-errors.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import { type ReadMode, tearsOf } from "../../test/powerfail/tears.ts";
import { CounterLog } from "./counter-log.ts";
import { COUNTER_COUNT, COUNTER_LIMIT } from "./state-record.ts";

const UNITS = [4, 8, 16] as const;
const SECTOR = 1024;

function prepared({ unit = 8, sector = SECTOR, isFormatted = true } = {}) {
  const chip = new NorChip({ unit, blocks: [sector, sector] }, 1);
  const log = new CounterLog(chipArea(chip, 0, 2));
  if (isFormatted) log.format();
  return { chip, log };
}

/** Runs a call whose last write or erase is torn so that its cells read by turns. */
function cut(chip: NorChip, call: () => void, modes: readonly ReadMode[]): void {
  const before = chip.snapshot();
  chip.plan(undefined);
  call();
  const operation = chip.operations.length - 1;
  chip.restore(before);
  chip.plan({ operation, tear: { name: "by turns", hits: () => true, modes, erase: "ones" } });
  expect(call).toThrow(PowerCut);
  chip.powerUp();
}

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("CounterLog", () => {
  it("holds nothing before it is formatted, and is formatted once", () => {
    const { log } = prepared({ isFormatted: false });
    expect(log.read()).toBeUndefined();
    expect(() => log.raise(0, 1)).toThrow(code("state-missing"));
    log.format();
    const zeros = Array.from({ length: COUNTER_COUNT }, () => 0);
    expect(log.read()).toEqual({
      counters: zeros,
      proven: zeros,
      selection: [undefined, undefined],
      isSettled: true,
      sequence: 1,
    });
    expect(() => log.format()).toThrow(code("state-exists"));
  });

  it.each(UNITS)("raises counters one by one and by leaps, with units of %i bytes", (unit) => {
    const { log } = prepared({ unit, sector: 2048 });
    const expected = Array.from({ length: COUNTER_COUNT }, () => 0);
    for (let turn = 1; turn < 200; turn += 1) {
      const counter = turn % COUNTER_COUNT;
      expected[counter] = (expected[counter] ?? 0) + 1 + (turn % 5 === 0 ? 1000 : 0);
      log.raise(counter, expected[counter] ?? 0);
      expect(log.read()?.counters).toEqual(expected);
    }
  });

  it("never lowers a counter", () => {
    const { log } = prepared();
    log.raise(3, 9);
    for (const value of [9, 8, 0]) log.raise(3, value);
    expect(log.read()?.counters[3]).toBe(9);
  });

  it("writes nothing when the counter is there already", () => {
    const { chip, log } = prepared();
    log.raise(3, 9);
    chip.plan(undefined);
    log.raise(3, 9);
    log.raise(3, 4);
    expect(chip.operations).toEqual([]);
  });

  it("raises by two marks, without an erase, while there is room", () => {
    const { chip, log } = prepared();
    chip.plan(undefined);
    log.raise(0, 1);
    expect(chip.operations.map(({ kind, byteLength }) => [kind, byteLength])).toEqual([
      ["write", 8],
      ["write", 8],
    ]);
  });

  it.each([-1, 0.5, Number.NaN, COUNTER_LIMIT + 1])("refuses the value %d", (value) => {
    expect(() => prepared().log.raise(0, value)).toThrow(code("state-value"));
  });

  it("keeps counters and the other selection when one slot is selected", () => {
    const { log } = prepared();
    log.raise(5, 3);
    log.select(1, "b");
    log.select(0, "a");
    expect(log.read()).toMatchObject({ selection: ["a", "b"] });
    expect(log.read()?.counters[5]).toBe(3);
  });

  it("keeps the whole range of a counter", () => {
    const { log } = prepared();
    log.raise(1, COUNTER_LIMIT);
    log.select(1, "a");
    expect(log.read()?.counters[1]).toBe(COUNTER_LIMIT);
  });

  it.each([
    ["one block", [SECTOR]],
    ["three blocks", [SECTOR, SECTOR, SECTOR]],
    ["sectors without room", [256, 256]],
  ])("refuses %s", (_name, blocks) => {
    const chip = new NorChip({ unit: 8, blocks }, 1);
    expect(() => new CounterLog(chipArea(chip, 0, blocks.length))).toThrow(code("state-geometry"));
  });

  it("reports flash that takes no record", () => {
    const { chip } = prepared();
    const area = chipArea(chip, 0, 2);
    area.eraseBlock = () => {
      throw Object.assign(new Error("worn"), { code: "erase-failed" });
    };
    expect(() => new CounterLog(area).select(1, "a")).toThrow(code("state-worn"));
  });

  it("hides no mistake of a program", () => {
    const { chip } = prepared();
    const area = chipArea(chip, 0, 2);
    area.eraseBlock = () => {
      throw new TypeError("no function");
    };
    expect(() => new CounterLog(area).select(1, "a")).toThrow(TypeError);
  });
});

describe("CounterLog after a cut", () => {
  it("never shows less than was raised, nor more than was asked for, whatever the cut", () => {
    const { chip, log } = prepared({ sector: 512 });
    log.raise(0, 1);
    for (const target of [2, 3, 700]) {
      const before = chip.snapshot();
      chip.plan(undefined);
      log.raise(0, target);
      const { operations } = chip;
      for (let operation = 0; operation < operations.length; operation += 1) {
        for (const tear of tearsOf(operations[operation] as (typeof operations)[number])) {
          chip.restore(before);
          chip.plan({ operation, tear });
          expect(() => log.raise(0, target)).toThrow(PowerCut);
          for (let boot = 0; boot < 4; boot += 1) {
            chip.powerUp();
            const value = log.read()?.counters[0];
            expect([1, target]).toContain(value);
          }
          log.raise(0, target);
          for (let boot = 0; boot < 4; boot += 1) {
            chip.powerUp();
            expect(log.read()?.counters[0]).toBe(target);
          }
        }
      }
      chip.restore(before);
    }
  });

  it("writes no step beside one in doubt, which could be read later", () => {
    const { chip, log } = prepared();
    log.raise(4, 1);
    // Step 3 is cut, and is seen in the next cycle but not as what it is; from the cycle after that it reads as written.
    const before = chip.snapshot();
    chip.plan({ operation: 0, tear: { name: "in doubt", hits: () => true, modes: ["mix", "low"], erase: "ones" } });
    expect(() => log.raise(4, 3)).toThrow(PowerCut);
    chip.powerUp();
    log.raise(4, 2);
    expect(log.read()?.counters[4]).toBe(2);
    chip.powerUp();
    expect(log.read()?.counters[4]).toBe(2);
    chip.restore(before);
  });

  it("does not let an unfinished record come back over what was written since", () => {
    const { chip, log } = prepared();
    log.raise(0, 1);
    // The seal of the new record reads erased in the next cycle, and well from then on.
    const modes: readonly ReadMode[] = ["high", "low"];
    const seal = 2;
    chip.plan({ operation: seal, tear: { name: "late", hits: () => true, modes, erase: "ones" } });
    expect(() => log.select(1, "a")).toThrow(PowerCut);
    chip.powerUp();
    expect(log.read()?.selection[1]).toBeUndefined();
    log.raise(0, 2);
    chip.powerUp();
    expect(log.read()?.counters[0]).toBe(2);
    log.select(1, "b");
    chip.powerUp();
    expect(log.read()).toMatchObject({ selection: [undefined, "b"] });
    expect(log.read()?.counters[0]).toBe(2);
  });

  it("makes a record that reads well by chance good before it is written to", () => {
    const { chip, log } = prepared();
    const modes: readonly ReadMode[] = ["low", "high"];
    chip.plan({ operation: 2, tear: { name: "early", hits: () => true, modes, erase: "ones" } });
    expect(() => log.select(1, "a")).toThrow(PowerCut);
    chip.powerUp();
    expect(log.read()?.selection[1]).toBe("a");
    log.raise(0, 2);
    chip.powerUp();
    expect(log.read()).toMatchObject({ selection: [undefined, "a"] });
    expect(log.read()?.counters[0]).toBe(2);
  });

  it("can be formatted again when formatting was cut", () => {
    const { chip, log } = prepared({ isFormatted: false });
    for (const modes of [["high"], ["low"], ["high", "low"], ["low", "high"]] as ReadMode[][]) {
      const before = chip.snapshot();
      cut(chip, () => log.format(), modes);
      if (log.read() === undefined) log.format();
      log.raise(2, 5);
      for (let boot = 0; boot < 4; boot += 1) {
        chip.powerUp();
        expect(log.read()?.counters[2]).toBe(5);
      }
      chip.restore(before);
    }
  });
});
