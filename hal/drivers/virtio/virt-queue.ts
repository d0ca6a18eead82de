/** A split virtqueue (virtio 1.2, 2.7) in memory that the device shares. */

import type { DmaMemory } from "../../interfaces/registers.ts";
import { checkInteger, checkRegisters } from "../check-options.ts";
import { DriverError } from "../driver-error.ts";

/** Descriptor flags, virtio 1.2 section 2.7.5. */
const DESCRIPTOR_NEXT = 1;
const DESCRIPTOR_DEVICE_WRITES = 2;
const DESCRIPTOR_LENGTH = 16;
/** Available ring flag: no interrupt, please (2.7.7). */
const NO_INTERRUPT = 1;
/** Alignment of the used ring. Version 2 wants 4; a legacy device is told this value. */
const ALIGNMENT = 64;
const PAGE = 4096;

/** A part of the queue's memory, in bytes from its start. */
export interface QueueBuffer {
  readonly offset: number;
  readonly byteLength: number;
  /** True when the device fills the buffer, false when it reads it. Buffers that it reads come first. */
  readonly deviceWrites: boolean;
}

/** A chain of buffers that the device is done with. */
export interface UsedChain {
  /** What `submit` returned. */
  readonly head: number;
  /** Bytes that the device says it wrote, never more than it was given. */
  readonly byteLength: number;
}

/**
 * Rings at the start of the memory, buffers from `buffersOffset`. The state that decides where memory is touched lives in this
 * object: nothing that the device can overwrite is ever used as an index or an address.
 */
export class VirtQueue {
  readonly alignment = ALIGNMENT;
  readonly availableOffset: number;
  readonly usedOffset: number;
  /** First byte of the memory that buffers may use. */
  readonly buffersOffset: number;
  readonly #memory: DmaMemory;
  readonly #length: number;
  readonly #notify: () => void;
  #free: number[] = [];
  /** By head: the descriptors of an outstanding chain and how many bytes the device may write. */
  readonly #chains = new Map<number, { readonly descriptors: readonly number[]; readonly writable: number }>();
  #availableIndex = 0;
  #usedIndex = 0;

  constructor(memory: DmaMemory, length: number, notify: () => void) {
    checkRegisters(memory, "VirtQueue: memory");
    checkInteger(length, 2, 256, "VirtQueue: length");
    if ((length & (length - 1)) !== 0)
      throw new RangeError(`VirtQueue: expected a power of two, found length ${length}`);
    checkInteger(memory.address, 0, 0xffff_f000, "VirtQueue: memory.address");
    if (memory.address % PAGE !== 0) {
      throw new RangeError(`VirtQueue: expected memory at a multiple of ${PAGE}, found ${memory.address}`);
    }
    this.availableOffset = DESCRIPTOR_LENGTH * length;
    this.usedOffset = Math.ceil((this.availableOffset + 6 + 2 * length) / ALIGNMENT) * ALIGNMENT;
    this.buffersOffset = Math.ceil((this.usedOffset + 6 + 8 * length) / 16) * 16;
    checkInteger(memory.byteLength, this.buffersOffset, 0x4000_0000, "VirtQueue: memory.byteLength");
    this.#memory = memory;
    this.#length = length;
    this.#notify = notify;
    for (let offset = 0; offset < this.buffersOffset; offset += 4) memory.write32(offset, 0);
    for (let index = length - 1; index >= 0; index -= 1) this.#free.push(index);
  }

  /** Chains that the device still has. */
  get outstanding(): number {
    return this.#chains.size;
  }

  /** Asks the device not to raise its interrupt; it may do so all the same. */
  suppressInterrupts(on: boolean): void {
    this.#memory.write16(this.availableOffset, on ? NO_INTERRUPT : 0);
  }

  /** Hands a chain of buffers to the device. DriverError `no-space` when there are not enough free descriptors. */
  submit(buffers: readonly QueueBuffer[]): number {
    checkInteger(buffers.length, 1, this.#length, "VirtQueue: number of buffers");
    let writable = 0;
    for (const { offset, byteLength, deviceWrites } of buffers) {
      checkInteger(offset, this.buffersOffset, this.#memory.byteLength, "VirtQueue: buffer offset");
      checkInteger(byteLength, 1, this.#memory.byteLength - offset, "VirtQueue: buffer length");
      if (writable > 0 && !deviceWrites) {
        throw new RangeError("VirtQueue: expected buffers that the device reads first, found one after a writable one");
      }
      if (deviceWrites) writable += byteLength;
    }
    if (buffers.length > this.#free.length) {
      throw new DriverError(
        "no-space",
        `VirtQueue: expected ${buffers.length} free descriptors, found ${this.#free.length}`,
      );
    }
    const descriptors = this.#free.splice(this.#free.length - buffers.length);
    const head = descriptors[0] as number;
    for (let index = 0; index < buffers.length; index += 1) {
      this.#writeDescriptor(descriptors, index, buffers[index] as QueueBuffer);
    }
    this.#chains.set(head, { descriptors, writable });
    const memory = this.#memory;
    memory.write16(this.availableOffset + 4 + 2 * (this.#availableIndex % this.#length), head);
    this.#availableIndex = (this.#availableIndex + 1) & 0xffff;
    memory.write16(this.availableOffset + 2, this.#availableIndex); // after the entry: the device may look at once
    this.#notify();
    return head;
  }

  /** Takes back the next chain that the device used; undefined when there is none. DriverError `device` for an impossible answer. */
  collect(): UsedChain | undefined {
    const memory = this.#memory;
    const index = memory.read16(this.usedOffset + 2);
    const advance = (index - this.#usedIndex) & 0xffff;
    if (advance === 0) return undefined;
    if (advance > this.#chains.size) {
      throw new DriverError("device", `VirtQueue: expected at most ${this.#chains.size} used chains, found ${advance}`);
    }
    const entry = this.usedOffset + 4 + 8 * (this.#usedIndex % this.#length);
    const head = memory.read32(entry);
    const byteLength = memory.read32(entry + 4);
    const chain = this.#chains.get(head);
    if (chain === undefined)
      throw new DriverError("device", `VirtQueue: expected an outstanding chain, found head ${head}`);
    if (byteLength > chain.writable) {
      throw new DriverError(
        "device",
        `VirtQueue: expected at most ${chain.writable} bytes written, found ${byteLength}`,
      );
    }
    this.#chains.delete(head);
    for (const descriptor of chain.descriptors) this.#free.push(descriptor);
    this.#usedIndex = (this.#usedIndex + 1) & 0xffff;
    return { head, byteLength };
  }

  #writeDescriptor(
    descriptors: readonly number[],
    index: number,
    { offset, byteLength, deviceWrites }: QueueBuffer,
  ): void {
    const memory = this.#memory;
    const at = (descriptors[index] as number) * DESCRIPTOR_LENGTH;
    const next = descriptors[index + 1];
    memory.write32(at, memory.address + offset);
    memory.write32(at + 4, 0);
    memory.write32(at + 8, byteLength);
    memory.write16(at + 12, (next === undefined ? 0 : DESCRIPTOR_NEXT) | (deviceWrites ? DESCRIPTOR_DEVICE_WRITES : 0));
    memory.write16(at + 14, next ?? 0);
  }
}
