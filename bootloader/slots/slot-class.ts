/** What a slot's readings mean, and in which order slots are tried: the decision table of design note 0010 as two pure functions. */
import { compareVersions, type ImageVersion } from "../../protocol/image/version.ts";
import type { SlotName } from "../counters/state-record.ts";
import type { MarkReading } from "../marks/mark.ts";
import type { FlagReading } from "../marks/proven-flag.ts";

/** All that a slot itself says. */
export interface SlotReadings {
  /** The first write unit: `exact` when it begins with the image magic. */
  readonly header: MarkReading;
  /** From the header; means nothing unless that is exact. */
  readonly version: ImageVersion;
  /** The trailer's magic: a test was asked for. */
  readonly magic: MarkReading;
  /** image_ok and its spares. */
  readonly confirm: FlagReading;
  /** copy_done and the marks of further tries. */
  readonly tries: readonly MarkReading[];
}

/** A slot's readings together with what the state sectors say about its last erase. */
export interface SlotView extends SlotReadings {
  /** An erase was begun and not finished: whatever the slot reads as, its cells are not to be trusted. */
  readonly isErasing: boolean;
}

/**
 * | class | meaning | started |
 * |---|---|---|
 * | erasing | an erase was not finished | never |
 * | empty | no first write unit | never |
 * | damaged | a first write unit that is no image's | never |
 * | stored | an image whose test nobody asked for, or whose upload was cut at its last writes | never |
 * | test | a test was asked for and tries are left | first |
 * | confirmed | image_ok is set | next |
 * | spare | tried, or its request was torn | last, when nothing confirmed starts |
 */
export type SlotClass = "erasing" | "empty" | "damaged" | "stored" | "test" | "confirmed" | "spare";

/** Why an image is started. */
export type StartKind = "test" | "confirmed" | "spare";

/** A slot to be tried, in the order of the list. */
export interface Candidate {
  readonly slot: SlotName;
  readonly kind: StartKind;
}

/** Classifies one slot. Rows are in the order of the table; the first that fits counts. */
export function classifySlot(view: SlotView, tryLimit: number): SlotClass {
  if (view.isErasing) return "erasing";
  if (view.header === "erased") return "empty";
  if (view.header === "torn") return "damaged";
  // Only confirm writes image_ok, so it counts whatever a cut has left of the request that came before it.
  if (view.confirm.isSet) return "confirmed";
  // The magic is written after the header, so without it the header's own cells may be torn and read well by chance.
  if (view.magic === "erased") return "stored";
  if (view.magic === "exact" && hasTries(view.tries, tryLimit)) return "test";
  return "spare";
}

/** A torn mark counts as set: the try may have happened. */
function hasTries(tries: readonly MarkReading[], tryLimit: number): boolean {
  for (let index = 0; index < tryLimit && index < tries.length; index += 1) {
    if (tries[index] === "erased") return true;
  }
  return false;
}

/**
 * Which slots to try, best first; at most both.
 * @param selected the slot that the selection record prefers, which counts among confirmed slots only
 */
export function orderCandidates(
  a: SlotView,
  b: SlotView,
  tryLimit: number,
  selected: SlotName | undefined,
): readonly Candidate[] {
  const first = startKind(classifySlot(a, tryLimit));
  const second = startKind(classifySlot(b, tryLimit));
  if (first === undefined) return second === undefined ? [] : [{ slot: "b", kind: second }];
  if (second === undefined) return [{ slot: "a", kind: first }];
  const candidates: readonly Candidate[] = [
    { slot: "a", kind: first },
    { slot: "b", kind: second },
  ];
  const isSecondFirst = first === second ? prefersSecond(first, a, b, selected) : rank(second) < rank(first);
  return isSecondFirst ? [candidates[1] as Candidate, candidates[0] as Candidate] : candidates;
}

function startKind(slotClass: SlotClass): StartKind | undefined {
  return slotClass === "test" || slotClass === "confirmed" || slotClass === "spare" ? slotClass : undefined;
}

function rank(kind: StartKind): number {
  return kind === "test" ? 0 : kind === "confirmed" ? 1 : 2;
}

function prefersSecond(kind: StartKind, a: SlotView, b: SlotView, selected: SlotName | undefined): boolean {
  if (kind === "confirmed" && selected !== undefined) return selected === "b";
  return compareVersions(b.version, a.version) > 0;
}
