/** What a runtime in an attacker's hands does beside TypeScript, with its own memory protection off where it has any. */

/** Address of 8192 bytes in the runtime's RAM that are for attacks. */
export function memory(): number;
/** Address of the runtime's own machine code. */
export function text(): number;

/** Reads 32-bit words. @returns undefined when the processor refused one */
export function read(address: number, byteLength: number): ArrayBuffer | undefined;
/** Writes 32-bit words. @returns false when the processor refused one */
export function write(address: number, bytes: ArrayBuffer): boolean;
/** Calls an address, 0 as argument. @returns undefined when the processor refused, otherwise what register 0 then held */
export function execute(address: number, isProtected: boolean): number | undefined;

/** A call with numbers of one's choice. @returns `status | replyByteLength << 16` */
export function rawCall(
  number: number,
  request: number,
  requestLength: number,
  reply: number,
  replyCapacity: number,
): number;

/** Reads a word every `step` bytes. @returns first and last address of each run that could be read, 32 bits each */
export function sweep(first: number, last: number, step: number): ArrayBuffer;
/** Writes a word every `step` bytes. @returns how many the processor let through */
export function scribble(first: number, last: number, step: number, value: number): number;
/** Control and status registers that could be read (bit 0) or written (bit 1), a byte each; empty on a processor without them. */
export function controlRegisters(): ArrayBuffer;
