/** What the `state` call answers: small deterministic CBOR, arrays of fixed length, names as their places in a list. */
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import type { CborValue } from "../cbor/values.ts";
import type { DeviceLifecycle } from "../eat/lifecycle.ts";

/** What a slot holds; docs/design/0010-slots.md has the table. */
export type SlotStateClass = (typeof SLOT_CLASSES)[number];

/** One slot. */
export interface SlotState {
  readonly class: SlotStateClass;
  /** As its header says, unverified; empty for a slot that holds no image. */
  readonly version: string;
  /** How often it was erased, or vouched for: never less than the erases. */
  readonly erases: number;
}

/** What runs of an image. */
export interface RunningState {
  readonly slot: "a" | "b";
  /** Why it was started. */
  readonly kind: "test" | "confirmed" | "spare";
  /** Whether it is confirmed now. */
  readonly isConfirmed: boolean;
}

/** One kind of image: 0 the root of trust, 1 the runtime. */
export interface ImageState {
  readonly securityCounter: number;
  readonly keyEpoch: number;
  /** The slot preferred among confirmed ones. */
  readonly selected: "a" | "b" | undefined;
  readonly running: RunningState | undefined;
  readonly a: SlotState;
  readonly b: SlotState;
}

/** What a root of trust says of its device. Nothing here is secret, or proof: for proof there is evidence. */
export interface RootState {
  readonly lifecycle: DeviceLifecycle;
  /** A capability file is in force. */
  readonly isDebug: boolean;
  /** How often the device has started. */
  readonly bootCount: number;
  /** Why it was reset before this boot, such as `power-on`. */
  readonly resetReason: string;
  /** Milliseconds since. */
  readonly uptime: number;
  /** By number. */
  readonly images: readonly ImageState[];
}

const LIFECYCLES = Object.freeze(["blank", "provisioned", "secured", "decommissioned"] as const);
const SLOT_CLASSES = Object.freeze(["erasing", "empty", "damaged", "stored", "test", "confirmed", "spare"] as const);
const KINDS = Object.freeze(["test", "confirmed", "spare"] as const);
const SLOTS = Object.freeze(["a", "b"] as const);

/** @throws CborError for what CBOR cannot hold */
export function encodeRootState(state: RootState): Uint8Array {
  return encodeCbor([
    LIFECYCLES.indexOf(state.lifecycle),
    state.isDebug,
    state.bootCount,
    state.resetReason,
    state.uptime,
    state.images.map(imageItem),
  ]);
}

function imageItem({ securityCounter, keyEpoch, selected, running, a, b }: ImageState): CborValue {
  return [
    securityCounter,
    keyEpoch,
    selected === undefined ? null : SLOTS.indexOf(selected),
    running === undefined ? null : [SLOTS.indexOf(running.slot), KINDS.indexOf(running.kind), running.isConfirmed],
    slotItem(a),
    slotItem(b),
  ];
}

function slotItem(slot: SlotState): CborValue {
  return [SLOT_CLASSES.indexOf(slot.class), slot.version, slot.erases];
}

/**
 * Reads a state.
 * @throws CborError for what is not CBOR, RangeError for anything but what {@link encodeRootState} writes
 */
export function decodeRootState(bytes: Uint8Array): RootState {
  const [lifecycle, isDebug, bootCount, resetReason, uptime, images] = arrayOf(decodeCbor(bytes), 6, "state");
  if (!Array.isArray(images)) throw wrong("images");
  return {
    lifecycle: nameOf(LIFECYCLES, lifecycle),
    isDebug: booleanOf(isDebug),
    bootCount: countOf(bootCount),
    resetReason: textOf(resetReason),
    uptime: countOf(uptime),
    images: (images as readonly CborValue[]).map(imageOf),
  };
}

function imageOf(item: CborValue): ImageState {
  const [securityCounter, keyEpoch, selected, running, a, b] = arrayOf(item, 6, "image");
  return {
    securityCounter: countOf(securityCounter),
    keyEpoch: countOf(keyEpoch),
    selected: selected === null ? undefined : nameOf(SLOTS, selected),
    running: running === null ? undefined : runningOf(running),
    a: slotOf(a),
    b: slotOf(b),
  };
}

function runningOf(item: CborValue | undefined): RunningState {
  const [slot, kind, isConfirmed] = arrayOf(item, 3, "running");
  return { slot: nameOf(SLOTS, slot), kind: nameOf(KINDS, kind), isConfirmed: booleanOf(isConfirmed) };
}

function slotOf(item: CborValue | undefined): SlotState {
  const [slotClass, version, erases] = arrayOf(item, 3, "slot");
  return { class: nameOf(SLOT_CLASSES, slotClass), version: textOf(version), erases: countOf(erases) };
}

function arrayOf(item: CborValue | undefined, length: number, name: string): readonly (CborValue | undefined)[] {
  if (Array.isArray(item) && item.length === length) return item;
  throw wrong(`an array of ${length} as ${name}`);
}

function nameOf<Name extends string>(names: readonly Name[], item: CborValue | undefined): Name {
  const name = typeof item === "number" ? names[item] : undefined;
  if (name === undefined) throw wrong(names.join(" or "));
  return name;
}

function countOf(item: CborValue | undefined): number {
  if (typeof item === "number" && item >= 0) return item;
  throw wrong("a count");
}

function booleanOf(item: CborValue | undefined): boolean {
  if (typeof item === "boolean") return item;
  throw wrong("true or false");
}

function textOf(item: CborValue | undefined): string {
  if (typeof item === "string") return item;
  throw wrong("text");
}

function wrong(expected: string): RangeError {
  return new RangeError(`root state: expected ${expected}, found something else`);
}
