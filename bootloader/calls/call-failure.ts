/** From what a service throws to what the caller is told: known refusals by their codes, everything else as our own mistake. */
import { CapabilityError } from "../../protocol/capability/errors.ts";
import { FailureError } from "../../protocol/failure/errors.ts";
import type { RootCallStatus } from "../../protocol/root-calls/status.ts";
import { StateError } from "../counters/state-error.ts";
import { IdentityError, type IdentityErrorCode } from "../identity/errors.ts";
import { LifecycleError } from "../lifecycle/errors.ts";
import { LogError } from "../log/log-error.ts";
import { RandomError } from "../random/errors.ts";
import { SealError } from "../sealing/errors.ts";
import { SlotError, type SlotErrorCode } from "../slots/slot-error.ts";
import { CallRefusal } from "./call-refusal.ts";

const SLOT_STATUS: Readonly<Record<SlotErrorCode, RootCallStatus>> = Object.freeze({
  "slot-geometry": "internal",
  "slot-running": "internal",
  "running-unconfirmed": "running-unconfirmed",
  "slot-unconfirmed": "slot-unconfirmed",
  "slot-base": "image-refused",
  "upload-order": "upload-order",
  "upload-length": "upload-length",
  "image-refused": "image-refused",
  "flash-failed": "flash-failed",
  "flag-worn": "flash-failed",
  "try-limit": "internal",
});

/** What a caller can bring about; the rest only a mistake of ours can. */
const IDENTITY_STATUS: Readonly<Partial<Record<IdentityErrorCode, RootCallStatus>>> = Object.freeze({
  "random-failed": "random-failed",
  "random-unhealthy": "random-failed",
  nonce: "request-value",
});

/** @returns undefined for an exception that no call should have */
export function refusalOf(error: unknown): CallRefusal | undefined {
  if (error instanceof CallRefusal) return error;
  if (error instanceof SlotError) {
    const status = SLOT_STATUS[error.code];
    return status === "internal" ? undefined : new CallRefusal(status, error.detail ?? error.code);
  }
  if (error instanceof StateError) return new CallRefusal("flash-failed", error.code);
  if (error instanceof LifecycleError) {
    return new CallRefusal(error.code === "capability-size" ? "capability-refused" : "flash-failed", error.code);
  }
  if (error instanceof CapabilityError) return new CallRefusal("capability-refused", error.code);
  if (error instanceof LogError) {
    return new CallRefusal(error.code === "log-storm" ? "record-refused" : "flash-failed", error.code);
  }
  if (error instanceof FailureError) return new CallRefusal("record-refused", error.code);
  if (error instanceof RandomError) return new CallRefusal("random-failed", error.code);
  if (error instanceof SealError) {
    return error.code === "data-limit" ? undefined : new CallRefusal("sealed-data", error.code);
  }
  if (error instanceof IdentityError) {
    const status = IDENTITY_STATUS[error.code];
    return status === undefined ? undefined : new CallRefusal(status, error.code);
  }
  return undefined;
}
