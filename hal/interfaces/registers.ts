/** The register window: the only way a driver reaches hardware. */

/**
 * A window onto one device's registers. Holding the object is the authority to use that device and nothing else: there is no way
 * to widen it, to move it or to learn its physical address.
 *
 * Offsets are bytes from the window's start. An access of n bytes needs an offset that is a multiple of n, with offset + n inside
 * the window. Accesses are volatile: each call is exactly one bus access of that width, in program order.
 *
 * Errors, before the bus is touched: TypeError when an argument is missing or not a number; RangeError when an offset is
 * misaligned or outside the window, or a value is not an integer that fits the width. A bus fault is a board fault, not an error.
 */
export interface Registers {
  /** Reads 8 bits, 0 to 255. */
  read8(offset: number): number;
  /** Reads 16 bits, 0 to 65535, in the processor's byte order (little-endian on both boards). */
  read16(offset: number): number;
  /** Reads 32 bits as an unsigned number, 0 to 4294967295. */
  read32(offset: number): number;
  /** Writes 8 bits; `value` is 0 to 255. */
  write8(offset: number, value: number): void;
  /** Writes 16 bits; `value` is 0 to 65535. */
  write16(offset: number, value: number): void;
  /** Writes 32 bits; `value` is 0 to 4294967295, so pass signed results through `>>> 0`. */
  write32(offset: number, value: number): void;
}

/**
 * Memory that the processor and one bus-mastering device both see, for queues and their buffers.
 *
 * The implementation owes the driver three things: the memory is pinned at `address` for the object's life; accesses reach memory
 * in program order (the implementation issues the barriers); and no cache hides a write from the device or the device's from us.
 * A device can write anywhere its bus lets it, so contents are untrusted input: read a field once, then check it.
 */
export interface DmaMemory extends Registers {
  /** Where the device finds byte 0: a bus address below 4 GiB, a multiple of 4096. */
  readonly address: number;
  /** Length of the window in bytes. */
  readonly byteLength: number;
}
