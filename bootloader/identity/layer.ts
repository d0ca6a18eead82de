/** DICE layers (Open Profile for DICE 2.6, "Cryptography" and "Layering Details"): from a secret and a measurement to the next secret. */
import {
  type CertifiedInputs,
  certifiedInputs,
  configurationInput,
  type DiceInputs,
  modeValue,
  type Sha512,
} from "../../protocol/dice/inputs.ts";
import { asciiBytes } from "../../protocol/dice/key-derivation.ts";
import { fromHex } from "../../protocol/image/bytes.ts";
import type { IdentityCrypto, Secret, SecretMover, SigningKey } from "./crypto.ts";

/** ASYM_SALT of the profile ("Salt"). */
const KEY_SALT =
  "63b6a04d2c077fc10f639f21da793844356cc2b0b441b3a77124035c03f8e1be" +
  "6035d31f282821a7450a02222ab1b3cff1679b05ab1ca5d1affb789ccd2b0b3b";
/** KDF info texts of the profile. */
const ATTESTATION = "CDI_Attest";
const SEALING = "CDI_Seal";
const KEY_PAIR = "Key Pair";

/** Salt of the next attestation CDI: the hash of all inputs in their order. */
export function attestationSalt(inputs: DiceInputs, certified: CertifiedInputs, sha512: Sha512): Uint8Array {
  return sha512(
    joined([
      certified.codeHash,
      configurationInput(certified),
      certified.authorityHash,
      new Uint8Array([modeValue(inputs.mode)]),
      inputs.hidden,
    ]),
  );
}

/** Salt of the next sealing CDI: the hash of the inputs that stay over updates. */
export function sealingSalt(inputs: DiceInputs, sha512: Sha512): Uint8Array {
  return sha512(joined([inputs.authorityHash, new Uint8Array([modeValue(inputs.mode)]), inputs.hidden]));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** What a stage hands to the next of its layer. */
export interface MovedLayer {
  /** CDI_Attest and CDI_Seal, 32 secret bytes each. */
  readonly attestation: Uint8Array;
  readonly sealing: Uint8Array;
  /** The layer key's public half, 65 bytes: it spares the next stage a point multiplication. */
  readonly publicKey: Uint8Array;
}

/** One layer's secrets. Whoever holds it can certify and derive; it must be closed before a less trusted stage runs. */
export class DiceLayer {
  readonly #crypto: IdentityCrypto;
  readonly #attestation: Secret;
  readonly #sealing: Secret;
  readonly #publicKey: Uint8Array | undefined;
  #key: SigningKey | undefined;

  /**
   * @param attestation, sealing The two CDIs, which the layer now owns. The first layer has the device secret as both.
   * @param publicKey Of the layer's key, when the stage below handed it over: it spares a point multiplication.
   */
  constructor(crypto: IdentityCrypto, attestation: Secret, sealing: Secret, publicKey?: Uint8Array) {
    this.#crypto = crypto;
    this.#attestation = attestation;
    this.#sealing = sealing;
    this.#publicKey = publicKey;
  }

  /** The layer's key pair, which certifies the next layer and nothing else. Derived on first use. */
  get key(): SigningKey {
    this.#key ??= this.#keyFor(KEY_PAIR, this.#publicKey);
    return this.#key;
  }

  /** The layer that these inputs make on top of this one. @throws DiceError `input`. */
  next(inputs: DiceInputs): DiceLayer {
    const crypto = this.#crypto;
    const { sha512 } = crypto;
    const certified = certifiedInputs(inputs, sha512);
    const attestation = attestationSalt(inputs, certified, sha512);
    return new DiceLayer(
      crypto,
      crypto.deriveSecret(this.#attestation, attestation, asciiBytes(ATTESTATION)),
      crypto.deriveSecret(this.#sealing, sealingSalt(inputs, sha512), asciiBytes(SEALING)),
    );
  }

  /**
   * A key pair for one purpose, which changes with anything measured. Ours, not the profile's: the same derivation with another
   * info text. `purpose` must not be "Key Pair".
   */
  signingKey(purpose: string): SigningKey {
    if (purpose === KEY_PAIR) throw new RangeError("expected a purpose of its own, found the layer's");
    return this.#keyFor(purpose);
  }

  /** A secret for one purpose, which stays over updates by the same authority in the same mode: to seal data with. */
  sealingSecret(purpose: string): Secret {
    return this.#crypto.deriveSecret(this.#sealing, fromHex(KEY_SALT), asciiBytes(purpose));
  }

  #keyFor(info: string, publicKey?: Uint8Array): SigningKey {
    const seed = this.#crypto.deriveSecret(this.#attestation, fromHex(KEY_SALT), asciiBytes(info));
    try {
      return this.#crypto.keyFromSeed(seed, publicKey);
    } finally {
      seed.destroy();
    }
  }

  /** Takes both CDIs out, for the stage that this layer is, and closes the layer. */
  moveOut(mover: SecretMover): MovedLayer {
    const { publicKey } = this.key;
    const attestation = mover.moveOut(this.#attestation);
    const sealing = mover.moveOut(this.#sealing);
    this.close();
    return { attestation, sealing, publicKey };
  }

  /** Zeroes the CDIs and the key. Closing twice is fine; keys and secrets derived for a purpose live on. */
  close(): void {
    this.#attestation.destroy();
    this.#sealing.destroy();
    this.#key?.destroy();
  }
}
