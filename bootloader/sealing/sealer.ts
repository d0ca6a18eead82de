/**
 * Seals data to this device: what the same authority's root of trust sealed in the same mode opens again, after updates too, and
 * nowhere else (docs/design/0011-identity.md, "Sealed data").
 */
import type { RandomSource } from "../../hal/interfaces/random.ts";
import type { SealingCrypto, Secret } from "../identity/crypto.ts";
import { SealError } from "./errors.ts";

/** The purpose from which `DiceLayer.sealingSecret` derives the key of data that the runtime seals. */
export const RUNTIME_DATA = "Sealed Data";
/** Largest data in bytes; sealed, and with its associated bytes, it fits one call of the root of trust. */
export const SEAL_DATA_LIMIT = 3072;
/** Largest associated bytes. */
export const SEAL_ASSOCIATED_LIMIT = 512;
/** What sealing adds: version, nonce, tag. */
export const SEAL_OVERHEAD = 1 + 12 + 16;

const VERSION = 1;
const NONCE_BYTE_LENGTH = 12;
const HEADER_BYTE_LENGTH = 1 + NONCE_BYTE_LENGTH;

/**
 * `version 1 || nonce 12 || ciphertext || tag 16`, ChaCha20-Poly1305 over version and associated bytes. The nonce is random: after
 * 2^32 texts two are equal once in 2^33 times.
 *
 * Sealing says who may read and that nothing was changed. It does not say that a text is the newest: whoever stores it can give
 * back an older one.
 */
export class Sealer {
  readonly #crypto: SealingCrypto;
  readonly #secret: Secret;
  readonly #random: Pick<RandomSource, "fill">;

  /** @param secret For one purpose; the sealer owns it now. */
  constructor(crypto: SealingCrypto, secret: Secret, random: Pick<RandomSource, "fill">) {
    this.#crypto = crypto;
    this.#secret = secret;
    this.#random = random;
  }

  /**
   * @param associated Bytes that have to be given again to open, such as who asked; they are not stored.
   * @returns `SEAL_OVERHEAD` more bytes than `data` has.
   * @throws SealError `data-limit`; IdentityError `secret-destroyed` once closed; what the random source throws.
   */
  seal(data: Uint8Array, associated: Uint8Array): Uint8Array {
    checkLimits(data.length, associated.length);
    const nonce = new Uint8Array(NONCE_BYTE_LENGTH);
    this.#random.fill(nonce);
    const body = this.#crypto.sealWith(this.#secret, nonce, bound(associated), data);
    const sealed = new Uint8Array(HEADER_BYTE_LENGTH + body.length);
    sealed[0] = VERSION;
    sealed.set(nonce, 1);
    sealed.set(body, HEADER_BYTE_LENGTH);
    return sealed;
  }

  /** The data. @throws SealError; IdentityError `secret-destroyed` once closed. */
  unseal(sealed: Uint8Array, associated: Uint8Array): Uint8Array {
    const { length } = sealed;
    if (length < SEAL_OVERHEAD || length > SEAL_OVERHEAD + SEAL_DATA_LIMIT) {
      throw new SealError("format", `${SEAL_OVERHEAD} to ${SEAL_OVERHEAD + SEAL_DATA_LIMIT} bytes`, `${length}`);
    }
    checkLimits(length - SEAL_OVERHEAD, associated.length);
    if (sealed[0] !== VERSION) throw new SealError("format", `version ${VERSION}`, `${sealed[0]}`);
    const nonce = sealed.subarray(1, HEADER_BYTE_LENGTH);
    const body = sealed.subarray(HEADER_BYTE_LENGTH);
    const data = this.#crypto.openWith(this.#secret, nonce, bound(associated), body);
    if (data === undefined) throw new SealError("not-authentic", "what this device sealed", "something else");
    return data;
  }

  /** Zeroes the key. Twice is fine. */
  close(): void {
    this.#secret.destroy();
  }
}

function checkLimits(data: number, associated: number): void {
  if (data > SEAL_DATA_LIMIT) throw new SealError("data-limit", `at most ${SEAL_DATA_LIMIT} bytes`, `${data}`);
  if (associated > SEAL_ASSOCIATED_LIMIT) {
    throw new SealError("data-limit", `at most ${SEAL_ASSOCIATED_LIMIT} associated bytes`, `${associated}`);
  }
}

/** The associated bytes behind the version, so that a later format cannot be read as this one. */
function bound(associated: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + associated.length);
  bytes[0] = VERSION;
  bytes.set(associated, 1);
  return bytes;
}
