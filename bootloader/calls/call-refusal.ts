/** How a call says no: a status and a short text. */
import { DETAIL_LIMIT, type RootCallStatus } from "../../protocol/root-calls/status.ts";

/** Ends a call with a status other than `ok`. */
export class CallRefusal extends Error {
  override readonly name: string = "CallRefusal";
  readonly status: RootCallStatus;

  /** @param detail a code or a field's name; longer text is cut off */
  constructor(status: RootCallStatus, detail = "") {
    super(detail.slice(0, DETAIL_LIMIT));
    this.status = status;
  }
}
