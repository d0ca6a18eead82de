/** Makes the device secret, once, from a random source that is tested here again: whatever fails a test makes no secret. */

import type { RandomSource } from "../../hal/interfaces/random.ts";
import { asciiBytes, hkdf, hmacSha512, macOf } from "../../protocol/dice/key-derivation.ts";
import { type IdentityCrypto, SECRET_BYTE_LENGTH, type Secret } from "./crypto.ts";
import { IdentityError } from "./errors.ts";

/** Samples that are tested and thrown away first (NIST SP 800-90B, section 4.3, requirement 10). */
const STARTUP_BYTE_LENGTH = 1024;
/**
 * Samples that the secret is made of. The health tests assure 4 bits of min-entropy a byte or more, so these hold at least 1024
 * bits; the profile asks for a device secret conditioned from at least 512 ("UDS Details").
 */
const SAMPLE_BYTE_LENGTH = 256;
/** Blocks that must all differ: at 4 bits a byte, two of 80 are equal once in 2^52 times. */
const BLOCK_BYTE_LENGTH = 16;
/**
 * A value that occurs this often among 1280 samples is likelier than 1 in 16. The continuous tests look at one value a window and
 * so miss a favoured value now and then; this test counts all. A source of 4 bits a byte fails it once in 2^40 times:
 * 1 + critbinom(1280, 2^-4, 1 - 2^-48), for each of 16 values.
 */
const COMMON_VALUE_CUTOFF = 156;
const CONDITIONING_SALT = "holdfast device secret";
const CONDITIONING_INFO = "UDS";

/** A continuous health test, such as that of the random driver; one that has failed accepts nothing more. */
export interface SampleTest {
  /** Takes the next byte; false when the source is not sound. */
  accept(sample: number): boolean;
}

/** What a device secret is made with. */
export interface DeviceSecretOptions {
  readonly random: RandomSource;
  /** A fresh test: the source's own may be missing or have been reset. */
  readonly test: SampleTest;
  readonly crypto: Pick<IdentityCrypto, "sha512">;
}

/**
 * Makes 32 secret bytes for the device to store, in the Blank lifecycle and never again. The caller stores, imports and zeroes
 * them. A failure leaves the device Blank; trying again is for a person to decide, not for a loop.
 *
 * The tests find sources that are stuck, biased, or repeat themselves. They cannot find a good generator with a known seed:
 * that the source is a physical one is a property of the board.
 * @throws IdentityError `random-failed`, `random-unhealthy`.
 */
export function generateDeviceSecret({ random, test, crypto }: DeviceSecretOptions): Uint8Array {
  const samples = new Uint8Array(STARTUP_BYTE_LENGTH + SAMPLE_BYTE_LENGTH);
  try {
    fill(random, samples);
    checkSamples(samples, test);
    const secret = hkdf(
      macOf(hmacSha512(crypto.sha512)),
      samples.subarray(STARTUP_BYTE_LENGTH),
      asciiBytes(CONDITIONING_SALT),
      asciiBytes(CONDITIONING_INFO),
      SECRET_BYTE_LENGTH,
    );
    return secret;
  } finally {
    samples.fill(0);
  }
}

function fill(random: RandomSource, samples: Uint8Array): void {
  try {
    random.fill(samples);
  } catch (error) {
    throw new IdentityError("random-failed", "random bytes", error instanceof Error ? error.message : "an error");
  }
}

function checkSamples(samples: Uint8Array, test: SampleTest): void {
  for (let index = 0; index < samples.length; index++) {
    if (!test.accept(samples[index] as number)) throw unhealthy("samples that fail a health test");
  }
  const counts = new Uint16Array(256);
  for (let index = 0; index < samples.length; index++) {
    const sample = samples[index] as number;
    counts[sample] = (counts[sample] as number) + 1;
  }
  for (let value = 0; value < counts.length; value++) {
    if ((counts[value] as number) >= COMMON_VALUE_CUTOFF) throw unhealthy("a value that is too common");
  }
  counts.fill(0);
  for (let start = 0; start < samples.length; start += BLOCK_BYTE_LENGTH) {
    for (let other = 0; other < start; other += BLOCK_BYTE_LENGTH) {
      if (equalBlocks(samples, start, other)) throw unhealthy("a block that occurs twice");
    }
  }
}

function unhealthy(found: string): IdentityError {
  return new IdentityError("random-unhealthy", "random bytes", found);
}

function equalBlocks(samples: Uint8Array, left: number, right: number): boolean {
  for (let index = 0; index < BLOCK_BYTE_LENGTH; index++) {
    if (samples[left + index] !== samples[right + index]) return false;
  }
  return true;
}

/**
 * Takes a stored device secret in and zeroes the given bytes. Erased flash and zeros are no secret: every device would have the
 * same identity.
 * @throws IdentityError `device-secret`.
 */
export function importDeviceSecret(crypto: IdentityCrypto, bytes: Uint8Array): Secret {
  let all = 0xff;
  let any = 0;
  for (let index = 0; index < bytes.length; index++) {
    all &= bytes[index] as number;
    any |= bytes[index] as number;
  }
  if (bytes.length !== SECRET_BYTE_LENGTH || all === 0xff || any === 0) {
    throw new IdentityError("device-secret", `a device secret of ${SECRET_BYTE_LENGTH} bytes`, "none");
  }
  return crypto.importSecret(bytes);
}
