/** The device's keys as calls use them: evidence for a nonce, and signatures by a key that is neither identity nor evidence. */
import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { keyThumbprint } from "../../protocol/cose/key.ts";
import { toHex } from "../../protocol/image/bytes.ts";
import { Attester, type AttesterOptions } from "../identity/attestation.ts";
import type { SigningKey } from "../identity/crypto.ts";

/** Info text from which the operational key is derived, before what was measured. */
const OPERATIONAL_KEY = "Operational Key ";

/** Keys are made when they are first asked for: a point multiplication each is much for a device that does not attest. */
export class DeviceIdentity {
  readonly #options: AttesterOptions;
  readonly #attester: Attester;
  #operational: SigningKey | undefined;

  /** @param options Its measurement log must be closed: the operational key depends on it. */
  constructor(options: AttesterOptions) {
    this.#options = options;
    this.#attester = new Attester(options);
  }

  /** 32 bytes. */
  get deviceId(): Uint8Array {
    return this.#options.identity.deviceId.slice();
  }

  /** 65 bytes. */
  get identityKey(): Uint8Array {
    return this.#options.identity.identityKey.slice();
  }

  /** CBOR array of the certificates from the identity key to the evidence key. */
  certificates(): Uint8Array {
    return encodeCbor(this.#attester.certificates());
  }

  /** Evidence that vouches for the operational key. @throws IdentityError `nonce` */
  attest(nonce: Uint8Array): Uint8Array {
    const { crypto } = this.#options;
    return this.#attester.attest(nonce, keyThumbprint(this.operationalKey(), crypto.sha256));
  }

  /** Evidence of a secured device says debug from now on, until the reset. */
  claimDebug(): void {
    this.#attester.claimDebug();
  }

  /** The public half, 65 bytes. */
  operationalKey(): Uint8Array {
    return this.#signing().publicKey;
  }

  /** 64 bytes, by the operational key. @throws RangeError for a digest that is not 32 bytes */
  signOperational(digest: Uint8Array): Uint8Array {
    return this.#signing().signDigest(digest);
  }

  /** Of this runtime: what a certificate was given for must not be at hand for another one that is started later. */
  #signing(): SigningKey {
    const { crypto, identity, log } = this.#options;
    this.#operational ??= identity.layer.signingKey(OPERATIONAL_KEY + toHex(crypto.sha256(log.encoded())));
    return this.#operational;
  }
}
