/** Memory outside the JavaScript heap: buffers shared with devices, flash that is read in place, the runtime's image region. */

/**
 * Takes memory that bus-mastering devices may use. It starts zeroed at a multiple of 4096 and is never given back.
 * @param prototype Object whose methods are those of `native:registers` and the two below; the window inherits from it.
 * @param byteLength 1 and up; rounded up to a multiple of 4.
 * @throws RangeError when the board's DMA region has no room left; TypeError in a stage that board.json gives none,
 *   such as the root of trust.
 */
export function allocate<T extends object>(prototype: T, byteLength: number): T;

/** Bus address of byte 0 of an allocated window. @throws TypeError for any other object, register windows included. */
export function address(this: object): number;

/** Length of an allocated window in bytes. @throws TypeError as `address`. */
export function byteLength(this: object): number;

/**
 * Copies memory into a new ArrayBuffer.
 * @param address Physical; the whole range must lie in one readable region of board.json (a slot, storage, the image region).
 * @throws RangeError for any other range.
 */
export function read(address: number, byteLength: number): ArrayBuffer;

/** True when every byte of a range, readable as for `read`, is 255. @throws RangeError for any other range. */
export function isErased(address: number, byteLength: number): boolean;

/** True when memory, readable as for `read`, holds these bytes. @throws RangeError for any other range, TypeError for no bytes. */
export function equals(address: number, bytes: ArrayBuffer | Uint8Array): boolean;

/**
 * ROM and root of trust only: puts an image where it will run and returns that address. A board that runs from flash returns `source`
 * itself; one that runs from RAM copies, so that what is verified is what runs.
 * @param source Address of the image's header in a readable region.
 * @throws RangeError when source or length are not readable, or the image region is too small.
 */
export function loadImage(source: number, byteLength: number): number;
