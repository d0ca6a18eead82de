/**
 * Erasing and programming of the flash behind the root of trust (NOR, CFI command set 1). Only the partitions that board.json lets
 * this stage write, and never the code that runs; what lies there is read with `native:memory`.
 */

/**
 * Erases the sector that holds `address`, and reads it back.
 * @returns false when this stage may not write the whole sector, or when it is not erased afterwards.
 */
export function erase(address: number): boolean;

/**
 * Programs bytes, and reads them back.
 * @param address A multiple of 4.
 * @param bytes Their number is a multiple of 4.
 * @returns false, with nothing changed, when the range leaves the partition or a bit would have to become 1; false also when the
 *   flash holds something else afterwards.
 * @throws RangeError when address or length are no multiples of 4.
 */
export function program(address: number, bytes: ArrayBuffer | Uint8Array): boolean;
