/** Why a device was reset. */

/**
 * `power-on`: power was lost, or nobody wrote a reason. `watchdog`: the runtime did not feed it. `requested`: the runtime asked.
 * `fault`: the runtime failed beyond help. `update`: to start a new image.
 */
export type ResetReason = (typeof RESET_REASONS)[number];

/** By the number that the log keeps. */
export const RESET_REASONS = Object.freeze(["power-on", "watchdog", "requested", "fault", "update"] as const);
