/** One record that survives a power cut anywhere, in two blocks that both hold it whenever nothing is under way. */
import { equalBytes } from "../../protocol/image/bytes.ts";
import type { MarkFlash } from "../marks/flash-access.ts";
import { LifecycleError } from "./errors.ts";
import { type OpenBlock, RecordBlock } from "./record-block.ts";

/** Readable blocks by sequence; only `newer` when there is one. */
interface BlockOrder {
  readonly newer: OpenBlock | undefined;
  readonly older: OpenBlock | undefined;
}

const SEQUENCE_LIMIT = 0xffffffff;

/**
 * The two blocks of docs/design/0010-slots.md, "State sectors", with one difference: a change is written to both, one after the
 * other. So a bit that fades in one of them leaves the same record in the other, and never brings back the record before.
 */
export class RecordPair {
  readonly #blocks: readonly [RecordBlock, RecordBlock];

  /** @throws LifecycleError `flash-geometry` */
  constructor(flash: MarkFlash) {
    this.#blocks = [new RecordBlock(flash, 0), new RecordBlock(flash, 1)];
  }

  /**
   * The payload that counts, from now on and for good: what a power cut left in doubt is decided first. Without such doubt
   * nothing is written.
   * @returns undefined when no block holds a finished record
   * @throws LifecycleError `flash-worn`
   */
  read(): Uint8Array | undefined {
    const order = this.#open();
    if (activeOf(order) === undefined) return undefined;
    const active = this.#settle(order);
    const other = active === order.newer ? order.older : order.newer;
    const isMirrored = other?.seal.isProven === true && equalBytes(other.payload, active.payload);
    // The change is made already; a block that fails now must not stop a boot.
    if (!isMirrored) this.#succeed(active, active.payload);
    return active.payload;
  }

  /**
   * Replaces the payload, or writes the first one. When it returns, the change is made for good.
   * @throws LifecycleError `flash-worn`
   */
  write(payload: Uint8Array): void {
    const order = this.#open();
    const isFirst = activeOf(order) === undefined;
    const isWritten = isFirst ? this.#begin(order, payload) : this.#succeed(this.#settle(order), payload);
    if (!isWritten) throw new LifecycleError("flash-worn", "a block that takes a record", "one that does not");
    const active = activeOf(this.#open());
    if (active !== undefined) this.#succeed(active, payload);
  }

  /** A first record. One that a cut left half sealed may read as finished later: it must be the lower one, so it is not erased. */
  #begin({ newer }: BlockOrder, payload: Uint8Array): boolean {
    const [first, second] = this.#blocks;
    const target = newer?.block === first ? second : first;
    return target.replace((newer?.sequence ?? 0) + 1, payload);
  }

  #open(): BlockOrder {
    const first = this.#blocks[0].open();
    const second = this.#blocks[1].open();
    if (first === undefined || second === undefined) return { newer: first ?? second, older: undefined };
    return first.sequence >= second.sequence ? { newer: first, older: second } : { newer: second, older: first };
  }

  /** The block whose record counts, now and whatever else its cells or the other block's may read as later. */
  #settle(order: BlockOrder): OpenBlock {
    const active = activeOf(order);
    if (active !== undefined && active === order.newer && isForGood(active)) return active;
    const { newer, older } = order;
    if (newer === undefined || older === undefined || !older.seal.isSet || !isForGood(older)) {
      throw new LifecycleError("flash-worn", "a record that can be relied on", "none");
    }
    // The newer record was never finished for good, and must not come back. When cuts have used up all marks for that, what is
    // left is that it does not read as finished now: a device that can never be changed again would be worse.
    older.block.voidUpTo(newer.sequence - older.sequence);
    return older;
  }

  /** Writes the record after `active`, which {@link #settle} returned, into the other block. @returns false when it fails */
  #succeed(active: OpenBlock, payload: Uint8Array): boolean {
    const sequence = active.sequence + active.block.readVoid().touched + 1;
    const [first, second] = this.#blocks;
    return sequence <= SEQUENCE_LIMIT && (active.block === first ? second : first).replace(sequence, payload);
  }
}

/** The block whose record counts, as far as this one reading says. */
function activeOf({ newer, older }: BlockOrder): OpenBlock | undefined {
  const fallback = older?.seal.isSet ? older : undefined;
  if (newer === undefined || !newer.seal.isSet) return fallback;
  return fallback !== undefined && isVoid(newer, fallback) ? fallback : newer;
}

/** Makes sure that a block whose record reads as finished always will. */
function isForGood({ block, seal }: OpenBlock): boolean {
  return seal.isProven || block.prove();
}

/** A finished record that was proven is never void: it was there for good before anything could be decided against it. */
function isVoid(newer: OpenBlock, older: OpenBlock): boolean {
  if (newer.seal.isProven) return false;
  return newer.sequence <= older.sequence + older.block.readVoid().value;
}
