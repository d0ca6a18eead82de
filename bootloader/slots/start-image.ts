/** The boot decision carried out: verifies candidates in order, counts a try before a test, completes what confirm began. */
import { compareVersions, formatVersion, type ImageVersion } from "../../protocol/image/version.ts";
import type { CounterLog, CounterState } from "../counters/counter-log.ts";
import { keyEpochCounter, securityCounter } from "../counters/counter-names.ts";
import { StateError } from "../counters/state-error.ts";
import type { SlotName } from "../counters/state-record.ts";
import { orderCandidates } from "./slot-class.ts";
import { SlotError } from "./slot-error.ts";
import {
  type CheckedImage,
  floorOf,
  type ImageFloor,
  type ImageRefusal,
  type ImageVerifier,
  requireState,
  type SlotPair,
  type StartedImage,
  viewSlot,
} from "./slot-pair.ts";
import { TRY_LIMIT } from "./trailer-layout.ts";

/** How to start an image. */
export interface StartOptions {
  /** Tries of a test before it is given up, 1 to 8; 1 unless the product says otherwise. */
  readonly tryLimit: number;
  /**
   * True when every image that is already running is confirmed. Otherwise a counter raised now could outlive its reason, and nothing
   * is started as a last resort.
   */
  readonly isBaseConfirmed: boolean;
  /** The lowest version that an image already running asks for. */
  readonly minimumVersion?: ImageVersion | undefined;
}

/** A candidate that was not started. */
export interface RefusedSlot {
  readonly slot: SlotName;
  /**
   * The verifier's code, `counter-too-low`, `key-revoked`, `dependency-unmet`, `base-unconfirmed`, or `try-not-counted` when the mark
   * of the try did not take.
   */
  readonly code: string;
}

/** What came of looking at a pair. */
export interface StartOutcome<Checked extends CheckedImage> {
  /** Undefined when nothing may be started; `refused` says why. */
  readonly started: StartedImage<Checked> | undefined;
  readonly refused: readonly RefusedSlot[];
}

/**
 * Chooses, verifies and makes ready the image to start. At most two verifications, a fixed number of reads and writes, and at most
 * two erases of a state sector.
 * @throws StateError `state-missing`
 * @throws SlotError `try-limit`
 */
export function startImage<Checked extends CheckedImage>(
  pair: SlotPair,
  log: CounterLog,
  verifier: ImageVerifier<Checked>,
  options: StartOptions,
): StartOutcome<Checked> {
  const { tryLimit } = options;
  if (!Number.isInteger(tryLimit) || tryLimit < 1 || tryLimit > TRY_LIMIT) {
    throw new SlotError("try-limit", `1 to ${TRY_LIMIT} tries`, `${tryLimit}`);
  }
  const state = settledState(log);
  const floor = floorOf(pair.image, state);
  const views = { a: viewSlot(pair, "a", state), b: viewSlot(pair, "b", state) };
  const refused: RefusedSlot[] = [];
  for (const { slot, kind } of orderCandidates(views.a, views.b, tryLimit, state.selection[pair.image])) {
    if (kind === "spare" && !options.isBaseConfirmed) {
      // Under the base that it was confirmed with another image may start: let the base's own test fail.
      refused.push({ slot, code: "base-unconfirmed" });
      continue;
    }
    const checked = check(verifier, slot, floor, options.minimumVersion);
    if (isRefusal(checked)) {
      refused.push({ slot, code: checked.refused });
      // A test that cannot pass must not cost a verification at every boot for ever.
      if (kind === "test" && !checked.isWaiting) pair[slot].markTry(tryLimit);
      continue;
    }
    if (kind === "test" && !pair[slot].markTry(tryLimit)) {
      // Started without its mark it would be started for ever.
      refused.push({ slot, code: "try-not-counted" });
      continue;
    }
    // image_ok may have been torn and read exact by chance: raised on that, a counter could leave nothing to boot.
    const isConfirmed = kind === "confirmed" && (views[slot].confirm.isProven || pair[slot].confirm());
    const started: StartedImage<Checked> = { pair, slot, kind, isConfirmed, checked };
    // Completes a confirm that power cut short.
    if (isConfirmed && options.isBaseConfirmed && !isRaised(started, state)) helps(() => raiseFloor(started, log));
    return { started, refused };
  }
  return { started: undefined, refused };
}

/** Decides on what will still be so at the next boot. */
function settledState(log: CounterLog): CounterState {
  const state = requireState(log);
  if (state.isSettled || !helps(() => log.settle())) return state;
  return requireState(log);
}

/** The rules that hold whatever a verifier says. */
function check<Checked extends CheckedImage>(
  verifier: ImageVerifier<Checked>,
  slot: SlotName,
  floor: ImageFloor,
  minimumVersion: ImageVersion | undefined,
): Checked | ImageRefusal {
  const checked = verifier.verify(slot, floor, "start");
  if (isRefusal(checked)) return checked;
  if (checked.securityCounter < floor.securityCounter) return { refused: "counter-too-low", isWaiting: false };
  if (checked.keyEpoch < floor.keyEpoch) return { refused: "key-revoked", isWaiting: false };
  if (minimumVersion !== undefined && compareVersions(checked.version, minimumVersion) < 0) {
    return { refused: "dependency-unmet", isWaiting: true };
  }
  return checked;
}

/** Tells a refusal from an acceptance. */
export function isRefusal(answer: CheckedImage | ImageRefusal): answer is ImageRefusal {
  return (answer as { refused?: unknown }).refused !== undefined;
}

/** True when counter and key epoch are an image's for good, as they are at nearly every boot. */
function isRaised({ pair, checked }: StartedImage, { proven }: CounterState): boolean {
  return (
    (proven[securityCounter(pair.image)] as number) >= checked.securityCounter &&
    (proven[keyEpochCounter(pair.image)] as number) >= checked.keyEpoch
  );
}

/** Does what only ever helps: its failure must not keep a good image from starting. @returns false when it failed */
function helps(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof StateError) return false;
    throw error;
  }
}

/**
 * Raises counter and key epoch to those of a confirmed image, which so can never fall below them itself.
 * @throws StateError
 */
export function raiseFloor({ pair, checked }: StartedImage, log: CounterLog): void {
  log.raise(securityCounter(pair.image), checked.securityCounter);
  log.raise(keyEpochCounter(pair.image), checked.keyEpoch);
}

/** One line for a log: what was started and why. */
export function describeStart({ slot, kind, checked }: StartedImage): string {
  return `${kind} slot=${slot} version=${formatVersion(checked.version)} counter=${checked.securityCounter}`;
}
