/** Continuous health tests of a noise source (NIST SP 800-90B, section 4.4), for one-byte samples. */

/**
 * Both tests assume at least 4 bits of min-entropy in a byte and have a false positive rate of 2^-40 per sample or less, so a
 * sound source does not fail in the life of a product: 2^40 bytes are a terabyte.
 */
const REPETITION_CUTOFF = 11; // 4.4.1: 1 + ceil(40 / 4)
const WINDOW = 512; // 4.4.2, for samples of more than one bit
const PROPORTION_CUTOFF = 78; // 4.4.2: 1 + critbinom(512, 2^-4, 1 - 2^-40)

/** Samples that a start-up test takes: 4.3, requirement 10. */
export const STARTUP_LENGTH = 1024;
/** Least k for which 256 * P(Binomial(1024, 2^-4) >= k) <= 2^-40. */
const COMMON_VALUE_CUTOFF = 133;

/**
 * The start-up test beside the continuous ones. The proportion test follows one value a window, so a source that favours
 * another passes now and then; here every value counts.
 *
 * @param samples `STARTUP_LENGTH` bytes, all of which the continuous tests accepted
 */
export function hasCommonValue(samples: Uint8Array): boolean {
  const counts = new Uint16Array(256);
  for (const sample of samples) {
    const count = (counts[sample] as number) + 1;
    if (count >= COMMON_VALUE_CUTOFF) return true;
    counts[sample] = count;
  }
  return false;
}

/** Feeds on every sample of one source, in order. Once failed it accepts nothing more. */
export class HealthTest {
  #failed: "repetition count" | "adaptive proportion" | undefined;
  #last = -1;
  #repetitions = 0;
  #windowSample = 0;
  #windowPosition = 0;
  #windowMatches = 0;

  /** The test that failed, for messages. */
  get failed(): "repetition count" | "adaptive proportion" | undefined {
    return this.#failed;
  }

  /** Takes the next sample; false when a test has failed now or before. */
  accept(sample: number): boolean {
    this.#repetitions = sample === this.#last ? this.#repetitions + 1 : 1;
    this.#last = sample;
    if (this.#repetitions >= REPETITION_CUTOFF) this.#failed ??= "repetition count";
    if (this.#windowPosition === 0) {
      this.#windowSample = sample;
      this.#windowMatches = 0;
    }
    if (sample === this.#windowSample) this.#windowMatches += 1;
    if (this.#windowMatches >= PROPORTION_CUTOFF) this.#failed ??= "adaptive proportion";
    this.#windowPosition = (this.#windowPosition + 1) % WINDOW;
    return this.#failed === undefined;
  }
}
