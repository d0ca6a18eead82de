/** Random sources. */

/**
 * A source of random bytes. It fails closed: bytes that did not pass the health tests never reach the caller, and a source that
 * failed them refuses for good. What it gives is entropy input for a DRBG (NIST SP 800-90A), not proof of quality: an emulated
 * device returns what the host chooses.
 */
export interface RandomSource {
  /**
   * Fills all of `destination`. On an error the destination is zeroed and the error has a code: "timeout" when the device does not
   * answer, "unhealthy" after a failed health test, "device" when it breaks its own protocol.
   */
  fill(destination: Uint8Array): void;
  /** Stops the device. Closing twice is fine; any later call throws. */
  close(): void;
}
