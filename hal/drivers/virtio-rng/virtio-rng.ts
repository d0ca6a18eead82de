/** Driver of the virtio entropy device (virtio 1.2, 5.4) as a random source with health tests. */

import type { RandomSource } from "../../interfaces/random.ts";
import type { DmaMemory, Registers } from "../../interfaces/registers.ts";
import type { MonotonicClock } from "../../interfaces/timer.ts";
import { checkClock, checkInteger } from "../check-options.ts";
import { closedError, DriverError } from "../driver-error.ts";
import type { VirtQueue } from "../virtio/virt-queue.ts";
import { VirtioMmio } from "../virtio/virtio-mmio.ts";
import { HealthTest, hasCommonValue, STARTUP_LENGTH } from "./health-test.ts";

const DEVICE_ID = 4;
const REQUEST_QUEUE = 0;
const QUEUE_LENGTH = 2;
/** Bytes asked for at a time; a multiple of 4. */
const REQUEST_LENGTH = 64;
const DEFAULT_TIMEOUT = 1000;

/** Options of `new VirtioRng(options)`. */
export interface VirtioRngOptions {
  /** The 512-byte window of the virtio slot. */
  readonly registers: Registers;
  /** At least 256 bytes for the queue and its buffer, used by nobody else. */
  readonly memory: DmaMemory;
  /** Bounds the wait for the device. */
  readonly clock: MonotonicClock;
  /** Longest wait for one request of 64 bytes in milliseconds; default 1000. */
  readonly timeout?: number;
}

/** The entropy device, polled. Opening takes 1 KiB from it for the start-up test. */
export class VirtioRng implements RandomSource {
  readonly #device: VirtioMmio;
  readonly #queue: VirtQueue;
  readonly #memory: DmaMemory;
  readonly #clock: MonotonicClock;
  readonly #timeout: number;
  readonly #health = new HealthTest();
  /** Set by the first failure: a device in an unknown state or an unhealthy source gives nothing any more. */
  #failure: DriverError | undefined;
  #closed = false;

  constructor({ registers, memory, clock, timeout = DEFAULT_TIMEOUT }: VirtioRngOptions) {
    checkClock(clock, "VirtioRng");
    this.#timeout = checkInteger(timeout, 1, 60_000, "VirtioRng: timeout");
    this.#memory = memory;
    this.#clock = clock;
    this.#device = new VirtioMmio({ registers, deviceId: DEVICE_ID });
    try {
      this.#queue = this.#device.openQueue(REQUEST_QUEUE, memory, QUEUE_LENGTH);
      checkInteger(
        memory.byteLength,
        this.#queue.buffersOffset + REQUEST_LENGTH,
        0x4000_0000,
        "VirtioRng: memory.byteLength",
      );
      this.#queue.suppressInterrupts(true);
      this.#device.start();
      this.#startUp(new Uint8Array(STARTUP_LENGTH));
    } catch (error) {
      this.#stop(); // not close(), which a subclass may override and which is not ready for calls yet
      throw error;
    }
  }

  /** Tests the source on bytes that nobody uses. */
  #startUp(samples: Uint8Array): void {
    this.fill(samples);
    if (hasCommonValue(samples))
      throw new DriverError("unhealthy", "VirtioRng: expected random bytes, found one value too often at start-up");
    samples.fill(0);
  }

  fill(destination: Uint8Array): void {
    if (this.#closed) throw closedError("VirtioRng");
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError(`VirtioRng: expected a Uint8Array, found ${typeof destination}`);
    }
    try {
      if (this.#failure !== undefined) throw this.#failure;
      let filled = 0;
      while (filled < destination.length) filled += this.#request(destination, filled);
    } catch (error) {
      destination.fill(0);
      if (error instanceof DriverError) this.#failure = error;
      throw error;
    }
  }

  close(): void {
    this.#stop();
  }

  #stop(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#device.close();
  }

  /** One request; returns how many bytes it gave. */
  #request(destination: Uint8Array, start: number): number {
    const offset = this.#queue.buffersOffset;
    const wanted = Math.min(REQUEST_LENGTH, destination.length - start);
    this.#queue.submit([{ offset, byteLength: wanted, deviceWrites: true }]);
    const count = this.#awaitUsed();
    if (count === 0) throw new DriverError("device", "VirtioRng: expected random bytes, found an empty answer");
    for (let index = 0; index < count; index += 1) {
      const byte = this.#memory.read8(offset + index);
      this.#memory.write8(offset + index, 0); // random bytes must not stay behind in shared memory
      if (!this.#health.accept(byte)) {
        throw new DriverError(
          "unhealthy",
          `VirtioRng: expected random bytes, found them to fail the ${this.#health.failed} test`,
        );
      }
      destination[start + index] = byte;
    }
    return count;
  }

  #awaitUsed(): number {
    const start = this.#clock.count();
    for (;;) {
      const late = ((this.#clock.count() - start) * 1000) / this.#clock.frequency > this.#timeout;
      const used = this.#queue.collect();
      if (used !== undefined) return used.byteLength;
      if (late) {
        this.#device.checkHealthy();
        throw new DriverError("timeout", `VirtioRng: expected random bytes in ${this.#timeout} ms, found none`);
      }
    }
  }
}
