/** What a hostile runtime can be told to do; the host writes steps, the board reads them. */

export const STEP = Object.freeze({
  /** The last: says that it is done, and runs on. */
  end: 0,
  /** address, byteLength */
  read: 1,
  /** address; bytes to write, a multiple of 4 */
  write: 2,
  /** address, 1 with the runtime's own protection on */
  execute: 3,
  /** number; bytes are the request */
  call: 4,
  /** Five words: number, request, request length, reply, reply capacity. */
  rawCall: 5,
  /** first, last, step */
  sweep: 6,
  /** first, last, step, value */
  scribble: 7,
  controlRegisters: 8,
  /** Bytes are machine code, put into the runtime's own RAM and called; first word 1 with the runtime's own protection on. */
  machineCode: 9,
  /** Runs for ever. */
  loop: 10,
});

/** A step's head: what, four words, length of the bytes that follow; the next step starts at a multiple of 4. */
export const STEP_WORDS = 6;
