import { describe, expect, it } from "vitest";
import { classByTable, orderByTable, type TableSlot } from "../../test/powerfail/decision-table.ts";
import type { SlotName } from "../counters/state-record.ts";
import type { MarkReading } from "../marks/mark.ts";
import { summarizeFlag } from "../marks/proven-flag.ts";
import { classifySlot, orderCandidates, type SlotView } from "./slot-class.ts";

const READINGS: readonly MarkReading[] = ["erased", "exact", "torn"];
const LOW = { major: 1, minor: 2, revision: 3, build: 4 };
const HIGH = { major: 1, minor: 2, revision: 3, build: 5 };

/** Every list of `length` readings. */
function allReadings(length: number): MarkReading[][] {
  if (length === 0) return [[]];
  return allReadings(length - 1).flatMap((rest) => READINGS.map((reading) => [reading, ...rest]));
}

/** Every slot, with `confirmMarks` and `tryMarks` marks that vary; the others are erased. */
function allSlots(confirmMarks: number, tryMarks: number): SlotView[] {
  const slots: SlotView[] = [];
  for (const isErasing of [false, true]) {
    for (const [header, magic] of allReadings(2) as [MarkReading, MarkReading][]) {
      for (const confirm of allReadings(confirmMarks)) {
        for (const tries of allReadings(tryMarks)) {
          slots.push({ isErasing, header, magic, confirm: summarizeFlag(confirm), tries, version: LOW });
        }
      }
    }
  }
  return slots;
}

function inWords(view: SlotView, tryLimit: number): TableSlot {
  return {
    erase: view.isErasing ? "unfinished" : "finished",
    header: view.header,
    confirm: view.confirm.isSet ? "set" : "unset",
    magic: view.magic,
    tries: view.tries.slice(0, tryLimit).includes("erased") ? "left" : "used",
  };
}

describe("classifySlot", () => {
  it.each([1, 2, 3])("says what the decision table says of every state, with %i tries", (tryLimit) => {
    const slots = allSlots(2, 3);
    expect(slots).toHaveLength(2 * 3 ** 7);
    const wrong = slots.filter((view) => classifySlot(view, tryLimit) !== classByTable(inWords(view, tryLimit)));
    expect(wrong).toEqual([]);
  });
});

describe("summarizeFlag", () => {
  it("is set by any exact mark and proven by any exact proof, whatever the others read as", () => {
    const all = allReadings(8);
    expect(all).toHaveLength(6561);
    for (const readings of all) {
      const proofs = readings.filter((_, index) => index % 2 === 1);
      expect(summarizeFlag(readings)).toEqual({
        isSet: readings.includes("exact"),
        isProven: proofs.includes("exact"),
      });
    }
  });
});

describe("orderCandidates", () => {
  it("tries the slots that the decision table names, for every pair of states, versions and selection", () => {
    const slots = allSlots(1, 1);
    let states = 0;
    for (const a of slots) {
      for (const b of slots) {
        for (const higher of ["a", "b", "neither"]) {
          for (const selection of [undefined, "a", "b"] as (SlotName | undefined)[]) {
            const left = { ...a, version: higher === "a" ? HIGH : LOW };
            const right = { ...b, version: higher === "b" ? HIGH : LOW };
            const found = orderCandidates(left, right, 1, selection).map(({ slot }) => slot);
            const classes = [classByTable(inWords(a, 1)), classByTable(inWords(b, 1))] as const;
            const expected = orderByTable(...classes, { higher, selection: selection ?? "none" });
            if (found.join() !== expected.join()) expect([a, b, higher, selection, found]).toEqual(expected);
            states += 1;
          }
        }
      }
    }
    expect(states).toBe((2 * 81) ** 2 * 9);
  });

  it("names the reason of each start", () => {
    const [test, confirmed] = [
      { ...allSlots(1, 1)[0], header: "exact", magic: "exact", tries: ["erased"], isErasing: false },
      { ...allSlots(1, 1)[0], header: "exact", confirm: { isSet: true, isProven: false }, isErasing: false },
    ] as [SlotView, SlotView];
    expect(orderCandidates(confirmed, test, 1, "a")).toEqual([
      { slot: "b", kind: "test" },
      { slot: "a", kind: "confirmed" },
    ]);
  });
});
