/** Reads the geometry of a flash bank from its CFI query table (JEDEC JEP137, JESD68.01). */

import type { Registers } from "../../interfaces/registers.ts";
import { hex } from "../check-options.ts";
import { DriverError } from "../driver-error.ts";

/** Word indexes of the query table (JESD68.01 tables 1 to 4). */
const QUERY = Object.freeze({
  SIGNATURE: 0x10, // "QRY"
  COMMAND_SET: 0x13,
  TYPICAL_BUFFER_TIME: 0x20, // 2^n microseconds
  TYPICAL_WORD_TIME: 0x1f, // 2^n microseconds
  TYPICAL_ERASE_TIME: 0x21, // 2^n milliseconds
  MAXIMUM_WORD_FACTOR: 0x23, // 2^n times typical
  MAXIMUM_BUFFER_FACTOR: 0x24,
  MAXIMUM_ERASE_FACTOR: 0x25,
  DEVICE_SIZE: 0x27, // 2^n bytes
  BUFFER_SIZE: 0x2a, // 2^n bytes, 0 for none
  REGIONS: 0x2c,
  REGION_BLOCKS: 0x2d, // blocks - 1
  REGION_BLOCK_SIZE: 0x2f, // in 256 bytes
});

const INTEL_EXTENDED = 0x0001;
const INTEL_STANDARD = 0x0003;
/** The chips sit side by side: both answer each access, each on its half of the bus. */
const CHIPS = 2;

/** Geometry of a bank of two chips. Lengths in bytes, times in milliseconds. */
export interface CfiGeometry {
  readonly size: number;
  readonly blockLength: number;
  /** Length of the write buffer, a power of two; 0 when there is none. */
  readonly bufferLength: number;
  readonly programLimit: number;
  readonly eraseLimit: number;
}

/** True when a bank in CFI query mode answers "QRY" on both halves. */
export function hasQuerySignature(registers: Registers): boolean {
  return (
    registers.read32(QUERY.SIGNATURE * 4) === 0x0051_0051 &&
    registers.read32((QUERY.SIGNATURE + 1) * 4) === 0x0052_0052 &&
    registers.read32((QUERY.SIGNATURE + 2) * 4) === 0x0059_0059
  );
}

/** Reads the table of a bank in CFI query mode. DriverError `unsupported` when the chips differ or are of a kind we do not drive. */
export function readGeometry(registers: Registers): CfiGeometry {
  const commandSet = field16(registers, QUERY.COMMAND_SET);
  if (commandSet !== INTEL_EXTENDED && commandSet !== INTEL_STANDARD) {
    throw new DriverError("unsupported", `CfiFlash: expected command set 1 or 3 (Intel), found ${commandSet}`);
  }
  const regions = field(registers, QUERY.REGIONS);
  if (regions !== 1) throw new DriverError("unsupported", `CfiFlash: expected 1 erase region, found ${regions}`);
  const size = exponent(registers, QUERY.DEVICE_SIZE, 12, 27) * CHIPS;
  const blockLength = field16(registers, QUERY.REGION_BLOCK_SIZE) * 256 * CHIPS;
  const blocks = field16(registers, QUERY.REGION_BLOCKS) + 1;
  if (blockLength * blocks !== size) {
    throw new DriverError("device", `CfiFlash: expected ${size} bytes in blocks, found ${blocks} of ${blockLength}`);
  }
  const bufferExponent = field16(registers, QUERY.BUFFER_SIZE);
  if (bufferExponent > 16) {
    throw new DriverError(
      "device",
      `CfiFlash: expected a write buffer of at most 2^16 bytes, found 2^${bufferExponent}`,
    );
  }
  const bufferLength = bufferExponent === 0 ? 0 : 2 ** bufferExponent * CHIPS;
  const typical = bufferLength === 0 ? QUERY.TYPICAL_WORD_TIME : QUERY.TYPICAL_BUFFER_TIME;
  const factor = bufferLength === 0 ? QUERY.MAXIMUM_WORD_FACTOR : QUERY.MAXIMUM_BUFFER_FACTOR;
  const program = exponent(registers, typical, 0, 20) * exponent(registers, factor, 0, 10);
  const erase =
    exponent(registers, QUERY.TYPICAL_ERASE_TIME, 0, 16) * exponent(registers, QUERY.MAXIMUM_ERASE_FACTOR, 0, 10);
  return { size, blockLength, bufferLength, programLimit: Math.ceil(program / 1000), eraseLimit: erase };
}

/** One byte of the table, which both chips must agree on. */
function field(registers: Registers, index: number): number {
  const word = registers.read32(index * 4);
  const low = word & 0xff;
  if (low !== ((word >>> 16) & 0xff)) {
    throw new DriverError("device", `CfiFlash: expected both chips to agree on CFI ${hex(index)}, found ${hex(word)}`);
  }
  return low;
}

function field16(registers: Registers, index: number): number {
  return field(registers, index) | (field(registers, index + 1) << 8);
}

function exponent(registers: Registers, index: number, minimum: number, maximum: number): number {
  const value = field(registers, index);
  if (value < minimum || value > maximum) {
    throw new DriverError("device", `CfiFlash: expected ${minimum} to ${maximum} at CFI ${hex(index)}, found ${value}`);
  }
  return 2 ** value;
}
