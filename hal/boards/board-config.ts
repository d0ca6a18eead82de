/** Finds devices of the board by the name that board.json gives them, and opens register windows onto them. */

import { address, allocate, byteLength } from "native:memory";
import { open, read8, read16, read32, write8, write16, write32 } from "native:registers";
import config from "mc/config";
import type { DmaMemory, Registers } from "../interfaces/registers.ts";
import type { DeviceConfig, PartitionConfig } from "./config.d.ts";

const DEVICES: Readonly<Record<string, DeviceConfig>> = config.board.devices;
const PARTITIONS: Readonly<Record<string, PartitionConfig>> = config.board.partitions;

/** The methods of every register window; the window itself says which addresses they reach. */
const PROTOTYPE = Object.freeze({ read8, read16, read32, write8, write16, write32 });

/** The same for memory that devices share. */
const SHARED_PROTOTYPE = Object.freeze({
  read8,
  read16,
  read32,
  write8,
  write16,
  write32,
  get address(): number {
    return address.call(this);
  },
  get byteLength(): number {
    return byteLength.call(this);
  },
});

/** @throws RangeError when board.json has no device of that name for this image. */
export function deviceConfig(name: string): DeviceConfig {
  const device = DEVICES[name];
  if (device === undefined) throw new RangeError(`board.json: expected a device named ${name}, found none`);
  return device;
}

/** Opens exactly the registers of one device. Only board files may: whoever holds the result holds the device. */
export function openDevice(name: string): Registers {
  const { base, byteLength } = deviceConfig(name);
  return open(PROTOTYPE, base, byteLength);
}

/** Where a partition lies. @throws RangeError when board.json has none of that name. */
export function partitionConfig(name: string): PartitionConfig {
  const partition = PARTITIONS[name];
  if (partition === undefined) throw new RangeError(`board.json: expected a partition named ${name}, found none`);
  return partition;
}

/** Memory for the queues and buffers of one device. It is never given back. @throws RangeError when there is none left. */
export function allocateShared(length: number): DmaMemory {
  return allocate(SHARED_PROTOTYPE, length);
}

/** The interrupt of a device. @throws RangeError when it has none. */
export function deviceInterrupt(name: string): number {
  const { interrupt } = deviceConfig(name);
  if (interrupt === null) throw new RangeError(`board.json: expected an interrupt for device ${name}, found none`);
  return interrupt;
}
