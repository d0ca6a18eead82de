/** What only machine code can try against the root of trust. Runtime only. */

/** Address of the memory that the trials' calls name: three times 4096 bytes, in the runtime's RAM. */
export function memory(): number;
/** Fills it with a pattern. */
export function fillMemory(): void;
/** How many of its bytes differ from the pattern. */
export function changedBytes(): number;

/** A call with numbers of one's choice. @returns `status | replyByteLength << 16` */
export function rawCall(
  number: number,
  request: number,
  requestLength: number,
  reply: number,
  replyCapacity: number,
): number;

/** Reads, writes or executes (0, 1, 2) at an address with all own protection off. @returns true when the processor refused */
export function isOutOfReach(address: number, how: number): boolean;

/** How many trials the board has. */
export function trialCount(): number;
export function trialName(index: number): string;
/** @returns true when the root of trust withstood */
export function trial(index: number): boolean;

/** Masks and switches off everything that could wake or interrupt the processor, runs for a while, then sleeps. */
export function hang(): void;
