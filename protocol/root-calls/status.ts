/** How a call of the root of trust ended: a closed set of codes, each a byte between caller and root of trust. */

/**
 * | status | meaning | detail |
 * |---|---|---|
 * | ok | it was done; the reply is the call's | |
 * | call-unknown | no call has this number | |
 * | caller-memory | (from C) request or reply does not lie in the caller's own memory, or is too long | |
 * | reply-capacity | (from C) it was done, and the reply does not fit | |
 * | request-length | the request ends early, or goes on | the field |
 * | request-value | a field is out of its range | the field |
 * | internal | a mistake of the root of trust; it goes on | |
 * | identity-missing | a device without a secret: Blank or Decommissioned | |
 * | sealed-data | not sealed by this device, authority and mode, or changed since | |
 * | random-failed | the random source failed its tests | |
 * | image-refused | an image that may not be started | the verifier's code |
 * | running-unconfirmed | an image that runs is not confirmed, so the other slot may be needed | |
 * | slot-unconfirmed | selection of a slot whose image was never confirmed | |
 * | upload-order | a write or finish without begin, or a finish before the last byte | |
 * | upload-length | an image that does not fit, or bytes past its announced end | |
 * | flash-failed | flash failed or is worn | the code below |
 * | wear-limit | flash that is worn already is saved: try again later | seconds to wait |
 * | record-refused | no failure record, or one that the log does not take | the code below |
 * | record-none | no record after that | |
 * | capability-refused | a capability file that is not for this device, now | the verifier's code |
 * | confirm-overdue | an image on test was not confirmed in time: the watchdog is fed no more | |
 */
export type RootCallStatus = (typeof ROOT_CALL_STATUSES)[number];

/** Every {@link RootCallStatus} at its number. Numbers are for good; the two of C are also in hal/native/monitor/monitor.h. */
export const ROOT_CALL_STATUSES = Object.freeze([
  "ok",
  "call-unknown",
  "caller-memory",
  "reply-capacity",
  "request-length",
  "request-value",
  "internal",
  "identity-missing",
  "sealed-data",
  "random-failed",
  "image-refused",
  "running-unconfirmed",
  "slot-unconfirmed",
  "upload-order",
  "upload-length",
  "flash-failed",
  "wear-limit",
  "record-refused",
  "record-none",
  "capability-refused",
  "confirm-overdue",
] as const);

/** Longest detail text, in printable ASCII characters. */
export const DETAIL_LIMIT = 64;

/** The number of a status. */
export function statusNumber(status: RootCallStatus): number {
  return ROOT_CALL_STATUSES.indexOf(status);
}

/** The status of a number; `internal` for one that a newer root of trust may know. */
export function statusOf(number: number): RootCallStatus {
  return ROOT_CALL_STATUSES[number] ?? "internal";
}
