import { describe, expect, it } from "vitest";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import { CAPABILITY_SEQUENCE_LIMIT, LifecycleLog, STORED_CAPABILITY_LIMIT } from "./lifecycle-log.ts";

const BLOCK = 2048;
const code = (expected: string) => expect.objectContaining({ name: "LifecycleError", code: expected });
const fileOf = (seed: number, length = 200) => new Uint8Array(length).fill(seed);

function prepared({ unit = 8, isFormatted = true } = {}) {
  const chip = new NorChip({ unit, blocks: [BLOCK, BLOCK] }, 1);
  const log = new LifecycleLog(chipArea(chip, 0, 2));
  if (isFormatted) log.format();
  return { chip, log };
}

/** Makes a block unreadable, as if a bit of its record had faded. */
function spoil(chip: NorChip, block: number): void {
  const at = block * BLOCK + 13;
  chip.high[at] = (chip.high[at] as number) ^ 0x10;
  chip.low[at] = chip.high[at] as number;
}

describe("LifecycleLog", () => {
  it("says nothing before it is formatted, and is formatted once", () => {
    const { log } = prepared({ isFormatted: false });
    expect(() => log.read()).toThrow(code("lifecycle-missing"));
    expect(() => log.advance("provisioned")).toThrow(code("lifecycle-missing"));
    log.format();
    expect(log.read()).toEqual({ lifecycle: "blank", capability: undefined, sequenceFloor: 0 });
    log.advance("provisioned");
    log.format();
    expect(log.read().lifecycle).toBe("provisioned");
  });

  it.each([1, 2, 4, 8, 16])("goes through its states, with write units of %i bytes", (unit) => {
    const { chip, log } = prepared({ unit });
    for (const lifecycle of ["provisioned", "secured", "decommissioned"] as const) {
      log.advance(lifecycle);
      chip.powerUp();
      expect(log.read().lifecycle).toBe(lifecycle);
    }
  });

  it.each([
    ["blank", "secured"],
    ["provisioned", "blank"],
    ["secured", "provisioned"],
    ["secured", "blank"],
    ["decommissioned", "secured"],
    ["decommissioned", "blank"],
  ] as const)("does not go from %s to %s", (from, to) => {
    const { log } = prepared();
    if (from !== "blank") log.advance("provisioned");
    if (from === "secured" || from === "decommissioned") log.advance("secured");
    if (from === "decommissioned") log.advance("decommissioned");
    expect(() => log.advance(to)).toThrow(code("lifecycle-order"));
    expect(log.read().lifecycle).toBe(from);
  });

  it.each(["blank", "provisioned", "secured"] as const)("is decommissioned from %s, and forgets its file", (from) => {
    const { log } = prepared();
    if (from !== "blank") log.advance("provisioned");
    if (from === "secured") log.advance("secured");
    log.storeCapability(fileOf(1), 1);
    log.advance("decommissioned");
    expect(log.read()).toEqual({ lifecycle: "decommissioned", capability: undefined, sequenceFloor: 2 });
    expect(() => log.storeCapability(fileOf(2), 2)).toThrow(code("capability-lifecycle"));
  });

  it("writes nothing when nothing changes", () => {
    const { chip, log } = prepared();
    log.advance("provisioned");
    log.storeCapability(fileOf(1), 4);
    chip.powerUp();
    log.read();
    log.advance("provisioned");
    log.storeCapability(fileOf(1), 4);
    expect(chip.operations).toEqual([]);
    log.clearCapability();
    chip.powerUp();
    log.clearCapability();
    log.clearCapability(3);
    expect(chip.operations).toEqual([]);
  });

  it("keeps a file over a change of lifecycle", () => {
    const { log } = prepared();
    log.storeCapability(fileOf(7), 0);
    log.advance("provisioned");
    expect(log.read()).toEqual({ lifecycle: "provisioned", capability: fileOf(7), sequenceFloor: 1 });
  });

  it("takes no replaced or revoked file again", () => {
    const { log } = prepared();
    log.storeCapability(fileOf(1), 5);
    expect(() => log.storeCapability(fileOf(2), 5)).toThrow(code("capability-sequence"));
    log.storeCapability(fileOf(2), 6);
    expect(() => log.storeCapability(fileOf(1), 5)).toThrow(code("capability-sequence"));
    log.clearCapability();
    expect(() => log.storeCapability(fileOf(2), 6)).toThrow(code("capability-sequence"));
    log.clearCapability(9);
    expect(() => log.storeCapability(fileOf(3), 9)).toThrow(code("capability-sequence"));
    log.storeCapability(fileOf(3), 10);
    expect(log.read()).toMatchObject({ capability: fileOf(3), sequenceFloor: 11 });
  });

  it("holds the longest file and the highest sequence", () => {
    const { log } = prepared();
    log.storeCapability(fileOf(1, STORED_CAPABILITY_LIMIT), CAPABILITY_SEQUENCE_LIMIT);
    expect(log.read()).toMatchObject({ capability: fileOf(1, STORED_CAPABILITY_LIMIT), sequenceFloor: 0xffffffff });
    expect(() => log.storeCapability(fileOf(2), CAPABILITY_SEQUENCE_LIMIT)).toThrow(code("capability-sequence"));
  });

  it.each([0, STORED_CAPABILITY_LIMIT + 1])("takes no file of %i bytes", (length) => {
    expect(() => prepared().log.storeCapability(fileOf(1, length), 1)).toThrow(code("capability-size"));
  });

  it.each([-1, 0.5, Number.NaN, CAPABILITY_SEQUENCE_LIMIT + 1])("takes no sequence of %d", (sequence) => {
    const { log } = prepared();
    expect(() => log.storeCapability(fileOf(1), sequence)).toThrow(code("capability-sequence"));
    expect(() => log.clearCapability(sequence)).toThrow(code("capability-sequence"));
  });

  it.each([
    ["one block", [BLOCK]],
    ["three blocks", [BLOCK, BLOCK, BLOCK]],
    ["blocks without room", [1024, 1024]],
  ])("refuses %s", (_name, blocks) => {
    const chip = new NorChip({ unit: 8, blocks }, 1);
    expect(() => new LifecycleLog(chipArea(chip, 0, blocks.length))).toThrow(code("flash-geometry"));
  });

  it("says the same when either block has faded, and heals it", () => {
    for (const block of [0, 1]) {
      const { chip, log } = prepared();
      log.advance("provisioned");
      log.advance("secured");
      log.storeCapability(fileOf(3), 8);
      spoil(chip, block);
      const state = { lifecycle: "secured", capability: fileOf(3), sequenceFloor: 9 };
      expect(log.read()).toEqual(state);
      spoil(chip, 1 - block);
      expect(log.read()).toEqual(state);
    }
  });

  it("says nothing when both have faded", () => {
    const { chip, log } = prepared();
    log.advance("provisioned");
    spoil(chip, 0);
    spoil(chip, 1);
    expect(() => log.read()).toThrow(code("lifecycle-missing"));
  });

  it("reports flash that takes no record", () => {
    const { chip } = prepared();
    const area = chipArea(chip, 0, 2);
    area.eraseBlock = () => {
      throw Object.assign(new Error("worn"), { code: "erase-failed" });
    };
    expect(() => new LifecycleLog(area).advance("provisioned")).toThrow(code("flash-worn"));
  });
});
