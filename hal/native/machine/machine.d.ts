/** What the calling machine and its image use of RAM, in bytes. */

/** RAM in use: stack, data and bss of the image, and what its machine has taken from its arena. */
export function ramUsed(): number;
/** Bytes taken from the arena now, block headers included. */
export function arenaUsed(): number;
/** Bytes of the arena in all: the machine's hard cap. */
export function arenaByteLength(): number;
/** Bytes of the chunk pool that hold live data or garbage. */
export function chunkBytesUsed(): number;
/** Slots of 16 bytes in use, garbage included. */
export function slotsUsed(): number;
/** Collects garbage now. */
export function collect(): void;
