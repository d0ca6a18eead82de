import { describe, expect, it } from "vitest";
import { classByTable, orderByTable, startByTable } from "../../test/powerfail/decision-table.ts";
import { presetSlot, type SlotPreset } from "../../test/powerfail/preset-slot.ts";
import { SimulatedImage, SimulatedVerifier } from "../../test/powerfail/simulated-images.ts";
import { World } from "../../test/powerfail/world.ts";
import { securityCounter } from "../counters/counter-names.ts";
import type { SlotName } from "../counters/state-record.ts";
import type { MarkReading } from "../marks/mark.ts";
import { startImage } from "./start-image.ts";

const READINGS: readonly MarkReading[] = ["erased", "exact", "torn"];
const STORED_COUNTER = 5;

/** Images of slot a and b: lower and higher version, with counters below, at and above the stored one. */
function imagesOf(slot: SlotName): readonly SimulatedImage[] {
  return [1, 2].flatMap((major) =>
    [STORED_COUNTER - 1, STORED_COUNTER, STORED_COUNTER + 1].map(
      (counter) =>
        new SimulatedImage({
          name: `${slot} ${major} ${counter}`,
          version: `${major}.0.0`,
          counter,
          keyEpoch: 0,
          byteLength: slot === "a" ? 64 : 72,
        }),
    ),
  );
}
const IMAGES = { a: imagesOf("a"), b: imagesOf("b") };
const ALL_IMAGES = [...IMAGES.a, ...IMAGES.b];
const OPTIONS = { unit: 8, stateByteLength: 512, tryLimit: 1, hasRoot: false, seed: 1 };

type SlotMarks = Omit<SlotPreset, "image">;

function allMarks(): SlotMarks[] {
  const presets: SlotMarks[] = [];
  for (const isErasing of [false, true])
    for (const header of READINGS)
      for (const magic of READINGS)
        for (const imageOk of READINGS)
          for (const copyDone of READINGS) presets.push({ isErasing, header, magic, imageOk, copyDone });
  return presets;
}

/** The first state of each class. */
function oneOfEachClass(marks: readonly SlotMarks[]): readonly SlotMarks[] {
  const byClass = new Map<string, SlotMarks>();
  for (const mark of marks) {
    const slotClass = classByTable(inWords(mark));
    if (!byClass.has(slotClass)) byClass.set(slotClass, mark);
  }
  return [...byClass.values()];
}

function inWords(preset: SlotMarks) {
  return {
    erase: preset.isErasing ? "unfinished" : "finished",
    header: preset.header,
    confirm: preset.imageOk === "exact" ? "set" : "unset",
    magic: preset.magic,
    tries: preset.copyDone === "erased" ? "left" : "used",
  };
}

/** What the table says of two slots: the slot that starts, and the stored counter afterwards. */
function expectedOf(slots: Record<SlotName, SlotPreset>, selection: string): { slot: string; counter: number } {
  const versions = [slots.a.image.version.major, slots.b.image.version.major] as const;
  const higher = versions[0] === versions[1] ? "neither" : versions[0] > versions[1] ? "a" : "b";
  const kinds = { a: classByTable(inWords(slots.a)), b: classByTable(inWords(slots.b)) };
  for (const slot of orderByTable(kinds.a, kinds.b, { selection, higher }) as SlotName[]) {
    const counter = slots[slot].image.securityCounter;
    const image = counter < STORED_COUNTER ? "refused" : "accepted";
    const then = startByTable({ kind: kinds[slot], base: "confirmed", image });
    if (!then.endsWith("start")) continue;
    return { slot, counter: then.includes("raise counter") ? Math.max(counter, STORED_COUNTER) : STORED_COUNTER };
  }
  return { slot: "none", counter: STORED_COUNTER };
}

describe("startImage", () => {
  it("starts what the decision table says from every pair of slots, images and selections", () => {
    const world = new World({ ...OPTIONS, images: ALL_IMAGES });
    world.log.raise(securityCounter(1), STORED_COUNTER);
    const fresh = world.snapshot();
    const selected = (["none", "a", "b"] as const).map((selection) => {
      world.restore(fresh);
      if (selection !== "none") world.log.select(1, selection);
      return { selection, snapshot: world.snapshot() };
    });
    const verifier = new SimulatedVerifier(ALL_IMAGES, (slot, target) =>
      world.chip.read(target, world.slotStart("runtime", slot)),
    );
    let states = 0;
    const compare = (slots: Record<SlotName, SlotPreset>, choice: (typeof selected)[number]): void => {
      states += 1;
      world.restore(choice.snapshot);
      presetSlot(world, "a", slots.a);
      presetSlot(world, "b", slots.b);
      const options = { tryLimit: 1, isBaseConfirmed: true };
      const { started } = startImage(world.pairs.runtime, world.log, verifier, options);
      const found = { slot: started?.slot ?? "none", counter: world.log.read()?.counters[1] };
      const expected = expectedOf(slots, choice.selection);
      if (found.slot !== expected.slot || found.counter !== expected.counter) {
        expect([slots.a, slots.b, choice.selection, found]).toEqual(expected);
      }
    };
    const marks = allMarks();
    const choices = IMAGES.a.flatMap((imageA) =>
      IMAGES.b.flatMap((imageB) => selected.map((choice) => ({ imageA, imageB, choice }))),
    );
    // Every pair of readings, with the choices in turn.
    for (const a of marks) {
      for (const b of marks) {
        const { imageA, imageB, choice } = choices[states % choices.length] as (typeof choices)[number];
        compare({ a: { ...a, image: imageA }, b: { ...b, image: imageB } }, choice);
      }
    }
    // Every choice, with each pair of classes.
    for (const { imageA, imageB, choice } of choices) {
      for (const a of oneOfEachClass(marks)) {
        for (const b of oneOfEachClass(marks)) {
          compare({ a: { ...a, image: imageA }, b: { ...b, image: imageB } }, choice);
        }
      }
    }
    expect(states).toBe(162 ** 2 + 6 * 6 * 3 * 7 ** 2);
  });
});

describe("startImage, one rule at a time", () => {
  const good = { isErasing: false, header: "exact", magic: "exact", imageOk: "erased", copyDone: "erased" } as const;
  const [signed, newer] = [IMAGES.a[1], IMAGES.b[4]] as [SimulatedImage, SimulatedImage];

  function prepared(slots: Partial<Record<SlotName, Partial<SlotPreset>>>, tryLimit = 1) {
    const world = new World({ ...OPTIONS, tryLimit, images: ALL_IMAGES });
    if (slots.a !== undefined) presetSlot(world, "a", { ...good, image: signed, ...slots.a });
    if (slots.b !== undefined) presetSlot(world, "b", { ...good, image: newer, ...slots.b });
    const verifier = new SimulatedVerifier(ALL_IMAGES, (slot, target) =>
      world.chip.read(target, world.slotStart("runtime", slot)),
    );
    const start = (options = {}) =>
      startImage(world.pairs.runtime, world.log, verifier, { tryLimit, isBaseConfirmed: true, ...options });
    return { world, start };
  }

  it("refuses to count more tries than the trailer can", () => {
    const { start } = prepared({});
    for (const tryLimit of [0, 9, 1.5]) {
      expect(() => start({ tryLimit })).toThrow(expect.objectContaining({ code: "try-limit" }));
    }
  });

  it("says so when the state sectors hold nothing", () => {
    const { world, start } = prepared({ a: {} });
    world.chip.erase(0);
    world.chip.erase(1);
    expect(() => start()).toThrow(expect.objectContaining({ code: "state-missing" }));
  });

  it("starts a test exactly as often as it may", () => {
    const { start } = prepared({ a: { imageOk: "exact" }, b: {} }, 3);
    const slots = Array.from({ length: 5 }, () => start().started?.slot);
    expect(slots).toEqual(["b", "b", "b", "a", "a"]);
  });

  it("uses up the try of a test that is refused, so that it is not verified for ever", () => {
    const { world, start } = prepared({ a: { imageOk: "exact" }, b: {} });
    world.damage("runtime", "b", 40);
    expect(start().refused).toEqual([{ slot: "b", code: "signature-invalid" }]);
    expect(start().refused).toEqual([]);
  });

  it("keeps the try of a test that waits for another image", () => {
    const { start } = prepared({ a: { imageOk: "exact" }, b: {} });
    const waiting = start({ minimumVersion: { major: 3, minor: 0, revision: 0, build: 0 } });
    expect(waiting.started).toBeUndefined();
    expect(waiting.refused.map(({ code }) => code)).toEqual(["dependency-unmet", "dependency-unmet"]);
    expect(start().started?.kind).toBe("test");
  });

  it("starts a last resort on a confirmed base only", () => {
    const { start } = prepared({ b: { copyDone: "exact" } });
    expect(start({ isBaseConfirmed: false }).refused).toEqual([{ slot: "b", code: "base-unconfirmed" }]);
    expect(start().started?.kind).toBe("spare");
  });

  it("holds a verifier to counter and key epoch", () => {
    const { world } = prepared({ a: { imageOk: "exact" }, b: { imageOk: "exact" } });
    world.log.raise(securityCounter(1), STORED_COUNTER + 1);
    const lenient = { verify: (slot: SlotName) => (slot === "a" ? signed : newer) };
    const { started, refused } = startImage(world.pairs.runtime, world.log, lenient, {
      tryLimit: 1,
      isBaseConfirmed: true,
    });
    expect([started, refused.map(({ code }) => code)]).toEqual([undefined, ["counter-too-low", "counter-too-low"]]);
  });

  it("starts nothing from empty slots", () => {
    expect(prepared({}).start()).toEqual({ started: undefined, refused: [] });
  });
});
