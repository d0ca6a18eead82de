/** The lifecycle of a device, which only goes forward, and the capability file that it stores. Kept by the root of trust. */
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import { equalBytes, readUint32, writeUint32 } from "../../protocol/image/bytes.ts";
import type { MarkFlash } from "../marks/flash-access.ts";
import { LifecycleError } from "./errors.ts";
import { RecordPair } from "./record-pair.ts";

/** Longest capability file that is stored, in bytes. */
export const STORED_CAPABILITY_LIMIT = 512;
/** Highest sequence of a capability file: one more must still be a 32-bit number. */
export const CAPABILITY_SEQUENCE_LIMIT = 0xfffffffe;

/** In their order; the place is the number in flash. */
const LIFECYCLES: readonly DeviceLifecycle[] = Object.freeze(["blank", "provisioned", "secured", "decommissioned"]);

/** Lifecycle, three zeros, sequence floor; the stored capability file follows. */
const FLOOR_OFFSET = 4;
const CAPABILITY_OFFSET = 8;

/** All that the log says. */
export interface LifecycleState {
  readonly lifecycle: DeviceLifecycle;
  /** The stored file, which was verified when it was stored; verify it again before acting on it. */
  readonly capability: Uint8Array | undefined;
  /** A file that is not the stored one needs this sequence or a higher one: what is below was replaced or revoked. */
  readonly sequenceFloor: number;
}

/**
 * Each call reads flash afresh. What a call returned or did stays, whatever power does afterwards; what a cut ended is done or
 * not done, and the next call decides which for good.
 */
export class LifecycleLog {
  readonly #records: RecordPair;

  /**
   * @param flash exactly two blocks
   * @throws LifecycleError `flash-geometry`
   */
  constructor(flash: MarkFlash) {
    this.#records = new RecordPair(flash);
  }

  /**
   * Makes the first record, unless there is one: blank, no capability file. For a device that has no secret yet.
   * @throws LifecycleError `flash-worn`
   */
  format(): void {
    if (this.#find() !== undefined) return;
    this.#records.write(encode({ lifecycle: "blank", capability: undefined, sequenceFloor: 0 }));
  }

  /**
   * What counts, for good. Writes only to settle what a power cut left.
   * @throws LifecycleError `lifecycle-missing`, `flash-worn`
   */
  read(): LifecycleState {
    const state = this.#find();
    if (state === undefined) throw new LifecycleError("lifecycle-missing", "a finished record", "none");
    return state;
  }

  /**
   * Goes one step forward, or from anywhere to decommissioned, which forgets the capability file. Nothing happens when the device
   * is there already.
   * @throws LifecycleError `lifecycle-order`, `lifecycle-missing`, `flash-worn`
   */
  advance(to: DeviceLifecycle): void {
    const state = this.read();
    if (state.lifecycle === to) return;
    const step = LIFECYCLES.indexOf(to) - LIFECYCLES.indexOf(state.lifecycle);
    const isEnd = to === "decommissioned";
    if (step !== 1 && !(isEnd && step > 0)) {
      throw new LifecycleError("lifecycle-order", `the step after ${state.lifecycle}`, to);
    }
    this.#records.write(encode({ ...state, lifecycle: to, capability: isEnd ? undefined : state.capability }));
  }

  /**
   * Stores a file, which the caller has verified for this device, in place of the one before it; neither that one nor any other
   * of a sequence up to this one is taken again. Storing the stored file again changes nothing.
   * @throws LifecycleError `capability-size`, `capability-sequence`, `capability-lifecycle`, `lifecycle-missing`, `flash-worn`
   */
  storeCapability(file: Uint8Array, sequence: number): void {
    const state = this.read();
    if (file.length === 0 || file.length > STORED_CAPABILITY_LIMIT) {
      throw new LifecycleError("capability-size", `1 to ${STORED_CAPABILITY_LIMIT} bytes`, `${file.length}`);
    }
    if (state.lifecycle === "decommissioned") {
      throw new LifecycleError("capability-lifecycle", "a device in use", state.lifecycle);
    }
    if (state.capability !== undefined && equalBytes(state.capability, file)) return;
    requireSequence(sequence, state.sequenceFloor);
    this.#records.write(encode({ ...state, capability: file, sequenceFloor: sequence + 1 }));
  }

  /**
   * Forgets the stored file and, with `sequence`, every other file up to that sequence. Nothing happens when there is nothing to
   * forget.
   * @throws LifecycleError `capability-sequence`, `lifecycle-missing`, `flash-worn`
   */
  clearCapability(sequence?: number): void {
    const state = this.read();
    if (sequence !== undefined) requireSequence(sequence, 0);
    const sequenceFloor = Math.max(state.sequenceFloor, sequence === undefined ? 0 : sequence + 1);
    if (state.capability === undefined && sequenceFloor === state.sequenceFloor) return;
    this.#records.write(encode({ ...state, capability: undefined, sequenceFloor }));
  }

  #find(): LifecycleState | undefined {
    const payload = this.#records.read();
    return payload === undefined ? undefined : decode(payload);
  }
}

function requireSequence(sequence: number, floor: number): void {
  if (Number.isInteger(sequence) && sequence >= floor && sequence <= CAPABILITY_SEQUENCE_LIMIT) return;
  throw new LifecycleError(
    "capability-sequence",
    `a sequence from ${floor} to ${CAPABILITY_SEQUENCE_LIMIT}`,
    `${sequence}`,
  );
}

function encode({ lifecycle, capability, sequenceFloor }: LifecycleState): Uint8Array {
  const payload = new Uint8Array(CAPABILITY_OFFSET + (capability?.length ?? 0));
  payload[0] = LIFECYCLES.indexOf(lifecycle);
  writeUint32(payload, FLOOR_OFFSET, sequenceFloor);
  if (capability !== undefined) payload.set(capability, CAPABILITY_OFFSET);
  return payload;
}

/** @returns undefined for a payload of another version */
function decode(payload: Uint8Array): LifecycleState | undefined {
  if (payload.length < CAPABILITY_OFFSET || payload.length > CAPABILITY_OFFSET + STORED_CAPABILITY_LIMIT)
    return undefined;
  const lifecycle = LIFECYCLES[payload[0] as number];
  if (lifecycle === undefined || payload[1] !== 0 || payload[2] !== 0 || payload[3] !== 0) return undefined;
  const capability = payload.length === CAPABILITY_OFFSET ? undefined : payload.slice(CAPABILITY_OFFSET);
  return { lifecycle, capability, sequenceFloor: readUint32(payload, FLOOR_OFFSET) };
}
