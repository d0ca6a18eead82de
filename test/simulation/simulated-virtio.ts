/** A virtio-mmio entropy device with one queue, well-behaved or not (virtio 1.2). */

import type { DmaMemory } from "../../hal/interfaces/registers.ts";
import { HardwareViolation, SimulatedRegisters } from "./simulated-registers.ts";

const PAGE = 4096;

/** Memory that driver and device share. */
export class SimulatedDmaMemory extends SimulatedRegisters implements DmaMemory {
  readonly address: number;
  readonly #view: DataView;

  constructor(byteLength = 1024, address = 0x4020_0000) {
    super(byteLength);
    this.address = address;
    this.#view = new DataView(new ArrayBuffer(byteLength));
  }

  protected load(offset: number, width: number): number {
    if (width === 1) return this.#view.getUint8(offset);
    return width === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint32(offset, true);
  }

  protected store(offset: number, width: number, value: number): void {
    if (width === 1) this.#view.setUint8(offset, value);
    else if (width === 2) this.#view.setUint16(offset, value, true);
    else this.#view.setUint32(offset, value, true);
  }
}

/** Answers are given by `serve()`, at once when `immediate`. */
export class SimulatedVirtioRng extends SimulatedRegisters {
  readonly version: 1 | 2;
  deviceId = 4;
  magic = 0x7472_6976;
  status = 0;
  immediate = true;
  acceptsFeatures = true;
  offersVersion1 = true;
  queueLengthMaximum = 1024;
  /** Most bytes given for one request; devices may give fewer than asked. */
  most = 64;
  interruptStatus = 0;
  /** The byte that comes next. */
  nextByte: () => number = () => Math.floor(Math.random() * 256);
  /** Changes the used element before it is written: head and length. */
  corrupt: (head: number, length: number) => [number, number] = (head, length) => [head, length];
  /** Extra steps of the used index. */
  extraUsed = 0;
  configuration = new Uint8Array(16);
  generation = 0;
  requests = 0;
  readonly #memory: DmaMemory;
  #select = 0;
  #driverFeatures = [0, 0];
  #length = 0;
  #ready = 0;
  #page = 0;
  #align = 0;
  #addresses = [0, 0, 0];
  #seen = 0;
  #used = 0;

  constructor(memory: DmaMemory, version: 1 | 2 = 2) {
    super(0x200);
    this.#memory = memory;
    this.version = version;
  }

  get interrupting(): boolean {
    return this.interruptStatus !== 0;
  }

  get driverFeatures(): readonly number[] {
    return this.#driverFeatures;
  }

  /** Raises an interrupt for a change of the configuration. */
  changeConfiguration(): void {
    this.generation += 1;
    this.interruptStatus |= 2;
  }

  /** Works off what is in the available ring. */
  serve(): void {
    if ((this.status & 4) === 0) throw new HardwareViolation("virtio: queue notified before DRIVER_OK");
    const [descriptors, available, used] = this.#rings();
    const memory = this.#memory;
    while (this.#seen !== memory.read16(available + 2)) {
      const head = memory.read16(available + 4 + 2 * (this.#seen % this.#length));
      this.#seen = (this.#seen + 1) & 0xffff;
      this.requests += 1;
      const written = this.#fill(descriptors, head);
      const [id, length] = this.corrupt(head, written);
      const entry = used + 4 + 8 * (this.#used % this.#length);
      memory.write32(entry, id);
      memory.write32(entry + 4, length);
      this.#used = (this.#used + 1 + this.extraUsed) & 0xffff;
      memory.write16(used + 2, this.#used);
      if ((memory.read16(available) & 1) === 0) this.interruptStatus |= 1;
    }
  }

  #rings(): [number, number, number] {
    const base = this.#memory.address;
    if (this.version === 2) {
      const [descriptors = 0, driver = 0, device = 0] = this.#addresses;
      return [descriptors - base, driver - base, device - base];
    }
    const available = 16 * this.#length;
    const used = Math.ceil((available + 6 + 2 * this.#length) / this.#align) * this.#align;
    const start = this.#page * PAGE - base;
    return [start, start + available, start + used];
  }

  #fill(descriptors: number, head: number): number {
    const memory = this.#memory;
    let index = head;
    let written = 0;
    for (;;) {
      const at = descriptors + 16 * index;
      const flags = memory.read16(at + 12);
      const start = memory.read32(at) - memory.address;
      for (let byte = 0; byte < memory.read32(at + 8) && written < this.most && (flags & 2) !== 0; byte += 1) {
        memory.write8(start + byte, this.nextByte());
        written += 1;
      }
      if ((flags & 1) === 0) return written;
      index = memory.read16(at + 14);
    }
  }

  protected load(offset: number): number {
    if (offset >= 0x100) return this.configuration[offset - 0x100] ?? 0;
    switch (offset) {
      case 0x000:
        return this.magic;
      case 0x004:
        return this.version;
      case 0x008:
        return this.deviceId;
      case 0x010:
        return this.#select === 0 ? 0x3000_0000 : this.version === 2 && this.offersVersion1 ? 1 : 0;
      case 0x034:
        return this.queueLengthMaximum;
      case 0x040:
        return this.#page;
      case 0x044:
        return this.#ready;
      case 0x060:
        return this.interruptStatus;
      case 0x070:
        return this.status;
      case 0x0fc:
        return this.generation;
      default:
        throw new HardwareViolation(`virtio: read of register ${offset}`);
    }
  }

  protected store(offset: number, _width: number, value: number): void {
    const legacyOnly = offset === 0x028 || offset === 0x03c || offset === 0x040;
    const modernOnly = offset === 0x044 || (offset >= 0x080 && offset <= 0x0a4);
    if ((legacyOnly && this.version === 2) || (modernOnly && this.version === 1)) {
      throw new HardwareViolation(`virtio: register ${offset} does not exist in version ${this.version}`);
    }
    switch (offset) {
      case 0x014:
      case 0x024:
        this.#select = value;
        break;
      case 0x020:
        this.#driverFeatures[this.#select] = value;
        break;
      case 0x028:
        if (value !== PAGE) throw new HardwareViolation(`virtio: page size ${value}`);
        break;
      case 0x030:
        if (value !== 0) this.queueLengthMaximum = 0;
        break;
      case 0x038:
        this.#length = value;
        break;
      case 0x03c:
        this.#align = value;
        break;
      case 0x040:
        this.#page = value;
        break;
      case 0x044:
        this.#ready = value;
        break;
      case 0x050:
        if (this.immediate) this.serve();
        break;
      case 0x064:
        this.interruptStatus &= ~value;
        break;
      case 0x070:
        this.#setStatus(value);
        break;
      case 0x080:
      case 0x090:
      case 0x0a0:
        this.#addresses[(offset - 0x080) / 0x10] = value;
        break;
      case 0x084:
      case 0x094:
      case 0x0a4:
        if (value !== 0) throw new HardwareViolation("virtio: address above 4 GiB");
        break;
      default:
        throw new HardwareViolation(`virtio: write of register ${offset}`);
    }
  }

  #setStatus(value: number): void {
    if (value === 0) {
      this.#ready = 0;
      this.#page = 0;
      this.#seen = 0;
      this.#used = 0;
      this.interruptStatus = 0;
    }
    const missing = this.version === 2 && (value & 4) !== 0 && (value & 8) === 0;
    if (missing) throw new HardwareViolation("virtio: DRIVER_OK before FEATURES_OK");
    this.status = this.acceptsFeatures ? value : value & ~8;
  }
}
