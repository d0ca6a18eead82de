/** Data that only this device opens again, as long as it has the same authority and mode. */
import { asciiBytes } from "../../protocol/dice/key-derivation.ts";
import { SEAL_OVERHEAD } from "../../protocol/root-calls/calls.ts";
import type { SealingCrypto, Secret } from "../identity/crypto.ts";
import type { DiceLayer } from "../identity/layer.ts";

/** Purpose of the sealing secret: what the runtime keeps. */
export const RUNTIME_DATA = "Runtime Data";
/** Bytes of a nonce. */
export const NONCE_BYTE_LENGTH = 12;
/** Names this use of the key, so that what is sealed for another never opens here. */
const ASSOCIATED_DATA = "holdfast sealed 1";

/** Seals for the runtime. Old sealed data opens too: whoever needs to know the newest must keep a count elsewhere. */
export class Sealer {
  readonly #crypto: SealingCrypto;
  readonly #secret: Secret;

  constructor(crypto: SealingCrypto, layer: DiceLayer) {
    this.#crypto = crypto;
    this.#secret = layer.sealingSecret(RUNTIME_DATA);
  }

  /**
   * @param nonce 12 random bytes. One comes twice in 2^48 calls, and then tells its caller about what that has sealed itself.
   * @returns nonce, encrypted bytes, tag
   */
  seal(plain: Uint8Array, nonce: Uint8Array): Uint8Array {
    const encrypted = this.#crypto.sealWith(this.#secret, nonce, asciiBytes(ASSOCIATED_DATA), plain);
    const sealed = new Uint8Array(plain.length + SEAL_OVERHEAD);
    sealed.set(nonce);
    sealed.set(encrypted, NONCE_BYTE_LENGTH);
    return sealed;
  }

  /** @returns undefined for anything but what this device sealed */
  unseal(sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.length < SEAL_OVERHEAD) return undefined;
    const nonce = sealed.subarray(0, NONCE_BYTE_LENGTH);
    const encrypted = sealed.subarray(NONCE_BYTE_LENGTH);
    return this.#crypto.openWith(this.#secret, nonce, asciiBytes(ASSOCIATED_DATA), encrypted);
  }
}
