/** Driver of the virtio-mmio transport (virtio 1.2, 4.2), version 2 and legacy version 1. */

import type { InterruptLine } from "../../interfaces/interrupts.ts";
import type { DmaMemory, Registers } from "../../interfaces/registers.ts";
import { checkCallback, checkInteger, checkInterruptLine, checkRegisters, hex } from "../check-options.ts";
import { closedError, DriverError } from "../driver-error.ts";
import { VirtQueue } from "./virt-queue.ts";

/** Virtio 1.2 table 4.1; the LEGACY rows are table 4.2. */
const REGISTER = Object.freeze({
  MAGIC: 0x000,
  VERSION: 0x004,
  DEVICE_ID: 0x008,
  DEVICE_FEATURES: 0x010,
  DEVICE_FEATURES_SELECT: 0x014,
  DRIVER_FEATURES: 0x020,
  DRIVER_FEATURES_SELECT: 0x024,
  LEGACY_PAGE_SIZE: 0x028,
  QUEUE_SELECT: 0x030,
  QUEUE_LENGTH_MAXIMUM: 0x034,
  QUEUE_LENGTH: 0x038,
  LEGACY_QUEUE_ALIGN: 0x03c,
  LEGACY_QUEUE_PAGE: 0x040,
  QUEUE_READY: 0x044,
  QUEUE_NOTIFY: 0x050,
  INTERRUPT_STATUS: 0x060,
  INTERRUPT_ACKNOWLEDGE: 0x064,
  STATUS: 0x070,
  QUEUE_DESCRIPTORS: 0x080, // low, then high
  QUEUE_DRIVER: 0x090,
  QUEUE_DEVICE: 0x0a0,
  CONFIGURATION_GENERATION: 0x0fc,
  CONFIGURATION: 0x100,
});

const MAGIC = 0x7472_6976; // "virt"
const LEGACY = 1;
const MODERN = 2;

/** Device status bits, virtio 1.2 section 2.1. */
const STATUS_ACKNOWLEDGE = 1;
const STATUS_DRIVER = 2;
const STATUS_DRIVER_OK = 4;
const STATUS_FEATURES_OK = 8;
const STATUS_NEEDS_RESET = 64;
const STATUS_FAILED = 128;

/** VIRTIO_F_VERSION_1 is bit 32 (section 6), so bit 0 of the high word. */
const HIGH_FEATURE_VERSION_1 = 1;
const INTERRUPT_USED = 1;
const INTERRUPT_CONFIGURATION = 2;
const PAGE = 4096;
const RESET_POLLS = 10_000;

/** Options of `new VirtioMmio(options)`. */
export interface VirtioMmioOptions {
  /** The 512-byte window of the slot. */
  readonly registers: Registers;
  /** Device type that is expected (virtio 1.2 section 5): 1 network, 4 entropy. An empty slot has 0. */
  readonly deviceId: number;
  /** Feature bits 0 to 31 that the driver can use; the device's other features stay off. */
  readonly features?: number;
  readonly interrupt?: InterruptLine;
  /** Called from the interrupt when the device used buffers. */
  readonly onUsed?: () => void;
  /** Called from the interrupt when the device's configuration changed. */
  readonly onConfiguration?: () => void;
}

/**
 * One virtio device. After construction features are agreed on; then come `openQueue` for each queue and `start()`.
 * The device is not trusted: what it says about queues is checked, and it only ever learns addresses inside the given memory.
 */
export class VirtioMmio {
  readonly #registers: Registers;
  readonly #interrupt: InterruptLine | undefined;
  readonly #version: number;
  readonly #features: number;
  readonly #onUsed: (() => void) | undefined;
  readonly #onConfiguration: (() => void) | undefined;
  #started = false;
  #closed = false;

  constructor({ registers, deviceId, features = 0, interrupt, onUsed, onConfiguration }: VirtioMmioOptions) {
    checkRegisters(registers, "VirtioMmio");
    checkInteger(deviceId, 1, 0xffff, "VirtioMmio: deviceId");
    checkInteger(features, 0, 0xffff_ffff, "VirtioMmio: features");
    checkCallback(onUsed, "VirtioMmio: onUsed");
    checkCallback(onConfiguration, "VirtioMmio: onConfiguration");
    if (interrupt !== undefined) checkInterruptLine(interrupt, "VirtioMmio");
    else if (onUsed ?? onConfiguration) {
      throw new TypeError("VirtioMmio: expected an interrupt line for the callbacks, found none");
    }
    this.#registers = registers;
    this.#interrupt = interrupt;
    this.#onUsed = onUsed;
    this.#onConfiguration = onConfiguration;
    this.#version = this.#identify(deviceId);
    this.#reset();
    try {
      this.#features = this.#negotiate(features);
      interrupt?.attach(() => this.#handleInterrupt());
    } catch (error) {
      registers.write32(REGISTER.STATUS, STATUS_FAILED);
      throw error;
    }
  }

  /** Feature bits 0 to 31 agreed on. */
  get features(): number {
    return this.#features;
  }

  /** True for the legacy interface, whose devices may use other structure layouts (virtio 1.2, 7.4). */
  get legacy(): boolean {
    return this.#version === LEGACY;
  }

  /**
   * Gives queue `index` its memory: the rings at the start of `memory`, buffers in the rest. `length` is a power of two from 2 to
   * 256. DriverError `unsupported` when the device lacks the queue or wants it shorter.
   */
  openQueue(index: number, memory: DmaMemory, length: number): VirtQueue {
    this.#checkOpen();
    if (this.#started)
      throw new DriverError("unsupported", "VirtioMmio: expected queues before start(), found the device started");
    checkInteger(index, 0, 0xffff, "VirtioMmio: queue index");
    const registers = this.#registers;
    const queue = new VirtQueue(memory, length, () => {
      this.#checkOpen();
      registers.write32(REGISTER.QUEUE_NOTIFY, index);
    });
    registers.write32(REGISTER.QUEUE_SELECT, index);
    const inUse = registers.read32(this.legacy ? REGISTER.LEGACY_QUEUE_PAGE : REGISTER.QUEUE_READY);
    if (inUse !== 0)
      throw new DriverError("busy", `VirtioMmio: expected queue ${index} to be unused, found ${hex(inUse)}`);
    const maximum = registers.read32(REGISTER.QUEUE_LENGTH_MAXIMUM);
    if (maximum < length) {
      throw new DriverError(
        "unsupported",
        `VirtioMmio: expected queue ${index} of at least ${length}, found ${maximum}`,
      );
    }
    registers.write32(REGISTER.QUEUE_LENGTH, length);
    if (this.legacy) {
      registers.write32(REGISTER.LEGACY_QUEUE_ALIGN, queue.alignment);
      registers.write32(REGISTER.LEGACY_QUEUE_PAGE, memory.address / PAGE);
    } else {
      this.#writeAddress(REGISTER.QUEUE_DESCRIPTORS, memory.address);
      this.#writeAddress(REGISTER.QUEUE_DRIVER, memory.address + queue.availableOffset);
      this.#writeAddress(REGISTER.QUEUE_DEVICE, memory.address + queue.usedOffset);
      registers.write32(REGISTER.QUEUE_READY, 1);
    }
    return queue;
  }

  /** Lets the device work (DRIVER_OK). */
  start(): void {
    this.#checkOpen();
    this.#started = true;
    this.#addStatus(STATUS_DRIVER_OK);
  }

  /** DriverError `device` when the device asks for a reset or forgot that it was started. */
  checkHealthy(): void {
    this.#checkOpen();
    const status = this.#registers.read32(REGISTER.STATUS);
    if ((status & STATUS_NEEDS_RESET) !== 0 || (this.#started && (status & STATUS_DRIVER_OK) === 0)) {
      throw new DriverError("device", `VirtioMmio: expected a working device, found status ${hex(status)}`);
    }
  }

  /** Copies `target.length` bytes of device configuration from `offset`, all from one generation (virtio 1.2, 2.5.1). */
  readConfiguration(target: Uint8Array, offset: number): void {
    this.#checkOpen();
    checkInteger(offset, 0, PAGE - REGISTER.CONFIGURATION, "VirtioMmio: configuration offset");
    for (let attempt = 0; attempt < 16; attempt += 1) {
      const before = this.legacy ? 0 : this.#registers.read32(REGISTER.CONFIGURATION_GENERATION);
      for (let index = 0; index < target.length; index += 1) {
        target[index] = this.#registers.read8(REGISTER.CONFIGURATION + offset + index);
      }
      if (this.legacy || this.#registers.read32(REGISTER.CONFIGURATION_GENERATION) === before) return;
    }
    throw new DriverError("device", "VirtioMmio: expected a stable configuration, found it changing on every read");
  }

  /** Resets the device, which then no longer touches memory, and releases the interrupt. Closing twice is fine. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#interrupt?.detach();
    this.#reset();
  }

  #identify(deviceId: number): number {
    const magic = this.#registers.read32(REGISTER.MAGIC);
    if (magic !== MAGIC)
      throw new DriverError("device", `VirtioMmio: expected magic ${hex(MAGIC)}, found ${hex(magic)}`);
    const version = this.#registers.read32(REGISTER.VERSION);
    if (version !== LEGACY && version !== MODERN) {
      throw new DriverError("unsupported", `VirtioMmio: expected version 1 or 2, found ${version}`);
    }
    const found = this.#registers.read32(REGISTER.DEVICE_ID);
    if (found !== deviceId) throw new DriverError("device", `VirtioMmio: expected device ${deviceId}, found ${found}`);
    return version;
  }

  #reset(): void {
    this.#registers.write32(REGISTER.STATUS, 0);
    for (let poll = 0; poll < RESET_POLLS; poll += 1) {
      if (this.#registers.read32(REGISTER.STATUS) === 0) return;
    }
    throw new DriverError(
      "timeout",
      `VirtioMmio: expected the device to reset, found it busy after ${RESET_POLLS} polls`,
    );
  }

  /** Device initialisation, virtio 1.2 section 3.1.1 steps 2 to 6. */
  #negotiate(wanted: number): number {
    const registers = this.#registers;
    this.#addStatus(STATUS_ACKNOWLEDGE);
    this.#addStatus(STATUS_DRIVER);
    registers.write32(REGISTER.DEVICE_FEATURES_SELECT, 0);
    const features = (registers.read32(REGISTER.DEVICE_FEATURES) & wanted) >>> 0;
    registers.write32(REGISTER.DRIVER_FEATURES_SELECT, 0);
    registers.write32(REGISTER.DRIVER_FEATURES, features);
    if (this.legacy) {
      registers.write32(REGISTER.LEGACY_PAGE_SIZE, PAGE);
      return features;
    }
    registers.write32(REGISTER.DEVICE_FEATURES_SELECT, 1);
    const high = registers.read32(REGISTER.DEVICE_FEATURES);
    if ((high & HIGH_FEATURE_VERSION_1) === 0) {
      throw new DriverError("unsupported", `VirtioMmio: expected VIRTIO_F_VERSION_1, found high features ${hex(high)}`);
    }
    registers.write32(REGISTER.DRIVER_FEATURES_SELECT, 1);
    registers.write32(REGISTER.DRIVER_FEATURES, HIGH_FEATURE_VERSION_1);
    this.#addStatus(STATUS_FEATURES_OK);
    if ((registers.read32(REGISTER.STATUS) & STATUS_FEATURES_OK) === 0) {
      throw new DriverError(
        "unsupported",
        `VirtioMmio: expected the device to accept features ${hex(features)}, found a refusal`,
      );
    }
    return features;
  }

  #handleInterrupt(): void {
    const status = this.#registers.read32(REGISTER.INTERRUPT_STATUS);
    this.#registers.write32(REGISTER.INTERRUPT_ACKNOWLEDGE, status);
    if ((status & INTERRUPT_CONFIGURATION) !== 0) this.#onConfiguration?.();
    if ((status & INTERRUPT_USED) !== 0 && !this.#closed) this.#onUsed?.();
  }

  #addStatus(bit: number): void {
    this.#registers.write32(REGISTER.STATUS, this.#registers.read32(REGISTER.STATUS) | bit);
  }

  /** Addresses are below 4 GiB. */
  #writeAddress(register: number, address: number): void {
    this.#registers.write32(register, address);
    this.#registers.write32(register + 4, 0);
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError("VirtioMmio");
  }
}
