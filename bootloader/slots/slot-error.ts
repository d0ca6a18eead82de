/** The closed set of reasons for which an operation on slots is refused or fails. */

/**
 * | code | meaning |
 * |---|---|
 * | slot-geometry | a slot is no whole number of blocks that hold an image and the trailer |
 * | slot-running | the operation would touch a slot that runs |
 * | running-unconfirmed | an image that runs is not confirmed, so the other slot may be needed |
 * | slot-unconfirmed | selection of a slot whose image was never confirmed |
 * | slot-base | selection of another slot of an image that others run on, instead of a test |
 * | upload-order | a write or finish without begin, or a finish before the last byte |
 * | upload-length | an image that does not fit, or bytes past its announced end |
 * | image-refused | the image was refused by the verifier; `detail` has its code |
 * | flash-failed | a write or an erase failed |
 * | flag-worn | cuts have used up the marks of a flag |
 * | try-limit | a number of tries that the trailer cannot count |
 */
export type SlotErrorCode =
  | "slot-geometry"
  | "slot-running"
  | "running-unconfirmed"
  | "slot-unconfirmed"
  | "slot-base"
  | "upload-order"
  | "upload-length"
  | "image-refused"
  | "flash-failed"
  | "flag-worn"
  | "try-limit";

/** An operation on slots did not happen; the message is one line: what was expected, what was found. */
export class SlotError extends Error {
  override readonly name: string = "SlotError";
  readonly code: SlotErrorCode;
  /** With `image-refused`: the verifier's code. */
  readonly detail: string | undefined;

  constructor(code: SlotErrorCode, expected: string, found: string, detail?: string) {
    super(`slots: expected ${expected}, found ${found}`);
    this.code = code;
    this.detail = detail;
  }
}
