/** Register windows: the native half of `Registers` in hal/interfaces/registers.ts. */

/**
 * Makes a window onto exactly one device of the board.
 * @param prototype Object whose methods are the functions below; the window inherits from it.
 * @param base Physical address, as in board.json.
 * @param byteLength Length of the window, as in board.json.
 * @throws RangeError unless board.json gives this role a device with exactly this base and length.
 */
export function open<T extends object>(prototype: T, base: number, byteLength: number): T;

/**
 * One bus access of 8, 16 or 32 bits at `offset` bytes from the window's start.
 * @throws TypeError when `this` is no window or an argument is missing or no number.
 * @throws RangeError when the offset is misaligned or outside, or the value does not fit; the bus is not touched then.
 */
export function read8(this: object, offset: number): number;
export function read16(this: object, offset: number): number;
export function read32(this: object, offset: number): number;
export function write8(this: object, offset: number, value: number): void;
export function write16(this: object, offset: number, value: number): void;
export function write32(this: object, offset: number, value: number): void;
