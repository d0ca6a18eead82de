/** The slots of a device as its boot stages see them, through their own code: pairs, verifiers, and what they would start. */
import { CounterLog, type CounterState } from "../../bootloader/counters/counter-log.ts";
import { ROOT_OF_TRUST_IMAGE, RUNTIME_IMAGE } from "../../bootloader/counters/counter-names.ts";
import type { SlotName } from "../../bootloader/counters/state-record.ts";
import { Slot } from "../../bootloader/slots/slot.ts";
import { classifySlot, orderCandidates, type SlotClass, type StartKind } from "../../bootloader/slots/slot-class.ts";
import { floorOf, requireState, type SlotPair, type StartedImage, viewSlot } from "../../bootloader/slots/slot-pair.ts";
import { type CheckedSlotImage, SlotVerifier } from "../../bootloader/slots/slot-verifier.ts";
import { isRefusal } from "../../bootloader/slots/start-image.ts";
import { type Trust, trustFromText } from "../../bootloader/slots/trust.ts";
import type { ImageVersion } from "../../protocol/image/version.ts";
import type { SlotRole } from "../build/board.ts";
import { hostImageCrypto } from "../image/crypto.ts";
import { memoryImageSource } from "../image/source.ts";
import type { OpenPartition } from "./device-folder.ts";
import type { DeviceRecord } from "./device-record.ts";

/** Images that have slots, the one that starts first before the other. */
export const SLOT_ROLES: readonly SlotRole[] = ["root", "runtime"];
/** A new image gets one try, as the boot stages have it. */
const TRY_LIMIT = 1;

/** One kind of image. */
export interface RoleSlots {
  readonly role: SlotRole;
  readonly pair: SlotPair;
  readonly verifier: SlotVerifier;
  readonly trust: Trust;
}

/** One slot as it reads. */
export interface SlotReport {
  readonly role: SlotRole;
  readonly slot: SlotName;
  readonly class: SlotClass;
  /** The image, when the device's own checks accept it. */
  readonly checked: CheckedSlotImage | undefined;
  /** Why they do not. */
  readonly refused: string | undefined;
  /** How it would be started at the next boot, if it would. */
  readonly next: StartKind | undefined;
  readonly isSelected: boolean;
}

/** Slots and counters of a device. */
export class DeviceSlots {
  readonly counters: CounterLog;
  readonly #roles: Readonly<Record<SlotRole, RoleSlots>>;
  /** Verifiers of what runs for good: a runtime there has no other base than the confirmed root of trust. */
  readonly #confirmed: Readonly<Record<SlotRole, SlotVerifier>>;

  /** @throws SlotError, StateError for flash of another geometry; RangeError for trust that is no key */
  constructor(record: DeviceRecord, open: OpenPartition) {
    this.counters = new CounterLog(open("state"));
    const root = openPair(record, open, "root");
    const runtime = openPair(record, open, "runtime");
    const ofRoot = slotVerifier(root, () => undefined);
    const onRoot = (base: () => StartedImage | undefined): SlotVerifier =>
      slotVerifier(runtime, (image) => (image === ROOT_OF_TRUST_IMAGE ? base()?.checked.version : undefined));
    this.#roles = {
      root: { ...root, verifier: ofRoot },
      runtime: { ...runtime, verifier: onRoot(() => this.next("root")) },
    };
    this.#confirmed = { root: ofRoot, runtime: onRoot(() => this.confirmed("root")) };
  }

  of(role: SlotRole): RoleSlots {
    return this.#roles[role];
  }

  /** @throws StateError `state-missing` */
  get state(): CounterState {
    return requireState(this.counters);
  }

  /** What the stage before would start at the next boot, without its marking a try. */
  next(role: SlotRole): StartedImage<CheckedSlotImage> | undefined {
    return this.#first(role, this.#roles[role].verifier, () => true);
  }

  /** What runs for good: the confirmed image that would be started if there were nothing to test. */
  confirmed(role: SlotRole): StartedImage<CheckedSlotImage> | undefined {
    return this.#first(role, this.#confirmed[role], (kind) => kind === "confirmed");
  }

  #first(
    role: SlotRole,
    verifier: SlotVerifier,
    isWanted: (kind: StartKind) => boolean,
  ): StartedImage<CheckedSlotImage> | undefined {
    const { pair } = this.#roles[role];
    const { state } = this;
    const [a, b] = [viewSlot(pair, "a", state), viewSlot(pair, "b", state)];
    for (const { slot, kind } of orderCandidates(a, b, TRY_LIMIT, state.selection[pair.image])) {
      if (!isWanted(kind)) continue;
      const checked = verifier.verify(slot, floorOf(pair.image, state), "start");
      if (!isRefusal(checked)) return { pair, slot, kind, isConfirmed: kind === "confirmed", checked };
    }
    return undefined;
  }

  /** Every slot. @throws StateError `state-missing` */
  report(): readonly SlotReport[] {
    return SLOT_ROLES.flatMap((role) => {
      const next = this.next(role);
      return (["a", "b"] as const).map((slot) => this.#reportSlot(role, slot, next));
    });
  }

  #reportSlot(role: SlotRole, slot: SlotName, next: StartedImage | undefined): SlotReport {
    const { pair, verifier } = this.#roles[role];
    const { state } = this;
    const found = classifySlot(viewSlot(pair, slot, state), TRY_LIMIT);
    const isThere = found !== "empty" && found !== "erasing" && found !== "damaged";
    const checked = isThere ? verifier.verify(slot, floorOf(pair.image, state), "start") : undefined;
    const isRefused = checked !== undefined && isRefusal(checked);
    return {
      role,
      slot,
      class: found,
      checked: checked === undefined || isRefused ? undefined : (checked as CheckedSlotImage),
      refused: isRefused ? (checked as { refused: string }).refused : undefined,
      next: next?.slot === slot ? next.kind : undefined,
      isSelected: state.selection[pair.image] === slot,
    };
  }
}

type OpenPair = Omit<RoleSlots, "verifier">;

function openPair(record: DeviceRecord, open: OpenPartition, role: SlotRole): OpenPair {
  const pair: SlotPair = {
    image: role === "root" ? ROOT_OF_TRUST_IMAGE : RUNTIME_IMAGE,
    a: new Slot(open(`${role}-a`)),
    b: new Slot(open(`${role}-b`)),
  };
  return { role, pair, trust: trustFromText(record.trust[role]) };
}

function slotVerifier(
  { pair, trust }: OpenPair,
  installedVersion: (image: number) => ImageVersion | undefined,
): SlotVerifier {
  const { keys, vendorId, classId, runAddress } = trust;
  return new SlotVerifier({
    keys,
    crypto: hostImageCrypto,
    source: (slot) => {
      const { flash, layout } = pair[slot];
      return memoryImageSource(new Uint8Array(flash.read(layout.start, 0)));
    },
    policy: (slot) => ({ vendorId, classId, installedVersion, runAddress: runAddress[slot] }),
  });
}
