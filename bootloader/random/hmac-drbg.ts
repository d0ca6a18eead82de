/** HMAC_DRBG (NIST SP 800-90A, section 10.1.2), which RFC 6979, section 3.2 uses too: random bytes from a secret seed. */
import type { Mac } from "../../protocol/dice/key-derivation.ts";

/** The bare generator. Whoever gives its output to others calls {@link update} behind each {@link output}. */
export class HmacDrbg {
  readonly #mac: Mac;
  #key: Uint8Array;
  #value: Uint8Array;

  /**
   * Instantiates (10.1.2.3).
   * @param mac HMAC with a hash of `hashLength` bytes.
   * @param seed Entropy, nonce and personalisation, in parts; it is the caller's to zero.
   */
  constructor(mac: Mac, hashLength: number, ...seed: readonly Uint8Array[]) {
    this.#mac = mac;
    this.#key = new Uint8Array(hashLength);
    this.#value = new Uint8Array(hashLength).fill(1);
    this.update(...seed);
  }

  /** Fills `destination`: 10.1.2.5, steps 3 to 5. */
  output(destination: Uint8Array): void {
    const { length } = destination;
    for (let offset = 0; offset < length; offset += this.#value.length) {
      this.#advance();
      const rest = length - offset;
      destination.set(rest < this.#value.length ? this.#value.subarray(0, rest) : this.#value, offset);
    }
  }

  /** HMAC_DRBG_Update (10.1.2.2): without bytes it makes earlier output unreachable, with them it reseeds. */
  update(...provided: readonly Uint8Array[]): void {
    this.#replaceKey(0, provided);
    if (provided.length > 0) this.#replaceKey(1, provided);
  }

  #replaceKey(separator: number, provided: readonly Uint8Array[]): void {
    const key = this.#mac(this.#key, this.#value, new Uint8Array([separator]), ...provided);
    this.#key.fill(0);
    this.#key = key;
    this.#advance();
  }

  #advance(): void {
    const value = this.#mac(this.#key, this.#value);
    this.#value.fill(0);
    this.#value = value;
  }

  /** Zeroes the state; what it would give afterwards is no secret. */
  destroy(): void {
    this.#key.fill(0);
    this.#value.fill(0);
  }
}
