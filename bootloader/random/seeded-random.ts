/** The random source of the root of trust: HMAC_DRBG with SHA-512, seeded by the first stage at each boot. */
import type { RandomSource } from "../../hal/interfaces/random.ts";
import { asciiBytes, type Mac } from "../../protocol/dice/key-derivation.ts";
import { RandomError } from "./errors.ts";
import { HmacDrbg } from "./hmac-drbg.ts";

/**
 * Bytes of a seed: 32 of entropy for a security strength of 256 bits and 16 of nonce are what SP 800-90A, 8.6.7 asks for; the
 * source is only known to give 4 bits a byte or more, so there are 64.
 */
export const SEED_BYTE_LENGTH = 64;
const HASH_BYTE_LENGTH = 64;
/** 2^19 bits (SP 800-90A, table 2). */
const REQUEST_BYTE_LIMIT = 65_536;
/** The standard allows 2^48; this is what a counter of one number without rounding and a device's life can hold easily. */
const REQUEST_COUNT_LIMIT = 0xffff_ffff;
/** Keeps this generator apart from every other that may ever see the same seed. */
const PERSONALISATION = "holdfast root of trust";

/**
 * The root of trust cannot reach the source of entropy, which lies behind a bus master: that is the first stage's alone. So it has
 * one seed a boot, and its output is as good as that seed. Each request makes earlier output unreachable from the state
 * (backtracking resistance); a state that leaks gives away all later output of this boot, as it would give away the keys beside it.
 */
export class SeededRandom implements RandomSource {
  readonly #generator: HmacDrbg;
  readonly #requestLimit: number;
  #requests = 0;
  #isClosed = false;

  /**
   * @param mac HMAC-SHA512.
   * @param seed 64 bytes that passed the tests of their source; zeroed.
   * @param requestLimit Requests until a new seed is needed; smaller in tests.
   * @throws RandomError `seed`.
   */
  constructor(mac: Mac, seed: Uint8Array, requestLimit: number = REQUEST_COUNT_LIMIT) {
    this.#requestLimit = requestLimit;
    try {
      checkSeed(seed);
      this.#generator = new HmacDrbg(mac, HASH_BYTE_LENGTH, seed, asciiBytes(PERSONALISATION));
    } finally {
      seed.fill(0);
    }
  }

  /**
   * Fills all of `destination`; on an error nothing of it is written.
   * @throws RandomError `request-limit`, `exhausted`, `closed`.
   */
  fill(destination: Uint8Array): void {
    if (this.#isClosed) throw new RandomError("closed", "an open generator", "a closed one");
    if (destination.length > REQUEST_BYTE_LIMIT) {
      throw new RandomError("request-limit", `at most ${REQUEST_BYTE_LIMIT} bytes`, `${destination.length}`);
    }
    if (this.#requests >= this.#requestLimit) {
      throw new RandomError("exhausted", `at most ${this.#requestLimit} requests of a seed`, "one more");
    }
    this.#requests++;
    this.#generator.output(destination);
    this.#generator.update();
  }

  /**
   * Adds a new seed to the state, for boards whose root of trust has a source of its own; the state before still counts, so a bad
   * seed takes nothing away.
   * @param seed 64 bytes; zeroed.
   * @throws RandomError `seed`, `closed`.
   */
  reseed(seed: Uint8Array): void {
    try {
      if (this.#isClosed) throw new RandomError("closed", "an open generator", "a closed one");
      checkSeed(seed);
      this.#generator.update(seed);
      this.#requests = 0;
    } finally {
      seed.fill(0);
    }
  }

  /** Zeroes the state. Twice is fine. */
  close(): void {
    this.#isClosed = true;
    this.#generator.destroy();
  }
}

/** The first stage tested what the source gave. This finds a hand-over that lost it: erased, cleared, or one half copied twice. */
function checkSeed(seed: Uint8Array): void {
  const half = SEED_BYTE_LENGTH / 2;
  let isRepeated = true;
  for (let index = half; index < seed.length; index++) {
    if (seed[index] !== seed[index - half]) isRepeated = false;
  }
  if (seed.length !== SEED_BYTE_LENGTH || isRepeated) {
    throw new RandomError(
      "seed",
      `a seed of ${SEED_BYTE_LENGTH} bytes`,
      isRepeated ? "a repetition" : `${seed.length}`,
    );
  }
}
