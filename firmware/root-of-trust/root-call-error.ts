/** How a call of the root of trust failed, as the runtime's own code sees it. */
import type { RootCallName } from "../../protocol/root-calls/calls.ts";
import type { RootCallStatus } from "../../protocol/root-calls/status.ts";

/** The root of trust refused, or could not. Nothing has happened unless the code is `reply-capacity`. */
export class RootCallError extends Error {
  override readonly name: string = "RootCallError";
  readonly code: Exclude<RootCallStatus, "ok">;
  readonly call: RootCallName;
  /** A code from below, or a field of the request; may be empty. */
  readonly detail: string;

  constructor(call: RootCallName, code: Exclude<RootCallStatus, "ok">, detail: string) {
    super(`root of trust: expected ${call} to be done, found ${code}${detail === "" ? "" : ` (${detail})`}`);
    this.code = code;
    this.call = call;
    this.detail = detail;
  }
}
