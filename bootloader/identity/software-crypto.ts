/** The identity crypto in TypeScript over hashes, HMAC, P-256 and a cipher, the same on boards and on Node. */
import { hkdf, type Mac } from "../../protocol/dice/key-derivation.ts";
import {
  type IdentityCrypto,
  SECRET_BYTE_LENGTH,
  type SealingCrypto,
  type Secret,
  type SecretMover,
  type SigningKey,
} from "./crypto.ts";
import { IdentityError } from "./errors.ts";
import { reduceDigest, scalarFromSeed } from "./scalar.ts";

/** What a board must compute natively. No function keeps its arguments; all are called without their object. */
export interface IdentityPrimitives {
  /** 32 bytes. */
  readonly sha256: (data: Uint8Array) => Uint8Array;
  /** 64 bytes. */
  readonly sha512: (data: Uint8Array) => Uint8Array;
  /** HMAC-SHA256: 32 bytes. */
  readonly hmacSha256: Mac;
  /** HMAC-SHA512: 64 bytes. */
  readonly hmacSha512: Mac;
  /** False for a signature or key that is no valid one. Lengths 65, 32, 64. */
  verifyP256(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  /** The public key of a private key of 32 bytes from 1 to n - 1: 65 bytes, `04 || x || y`. In constant time. */
  p256PublicKey(privateKey: Uint8Array): Uint8Array;
  /**
   * ECDSA with a given nonce of 32 bytes from 1 to n - 1: 64 bytes, `r || s`. In constant time. A nonce that is used for two
   * digests, or is known, gives the private key away: only {@link SoftwareIdentityCrypto} may call this.
   */
  p256SignWithNonce(privateKey: Uint8Array, nonce: Uint8Array, digest: Uint8Array): Uint8Array;
}

/** What a board that seals data must compute natively: ChaCha20-Poly1305 (RFC 8439). */
export interface SealingPrimitives {
  /** The encrypted text and a tag of 16 bytes. Key 32 bytes, nonce 12. */
  aeadSeal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array;
  /** Undefined when the tag is not that of these arguments; `sealed` is at least a tag long. */
  aeadOpen(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

const SHA256_BYTE_LENGTH = 32;
const SHA512_BYTE_LENGTH = 64;

/** Holds secrets in its own objects, which give them to nobody else, and zeroes them when destroyed. */
export class SoftwareIdentityCrypto implements IdentityCrypto {
  readonly sha256: (data: Uint8Array) => Uint8Array;
  readonly sha512: (data: Uint8Array) => Uint8Array;
  readonly #primitives: IdentityPrimitives;

  constructor(primitives: IdentityPrimitives) {
    this.#primitives = primitives;
    this.sha256 = primitives.sha256;
    this.sha512 = primitives.sha512;
  }

  verifyP256(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
    return this.#primitives.verifyP256(publicKey, digest, signature);
  }

  importSecret(bytes: Uint8Array): Secret {
    if (bytes.length !== SECRET_BYTE_LENGTH) {
      throw new RangeError(`expected a secret of ${SECRET_BYTE_LENGTH} bytes, found ${bytes.length}`);
    }
    const held = new HeldSecret(bytes.slice());
    bytes.fill(0);
    return held;
  }

  deriveSecret(secret: Secret, salt: Uint8Array, info: Uint8Array): Secret {
    return new HeldSecret(hkdf(this.#primitives.hmacSha512, HeldSecret.read(secret), salt, info, SECRET_BYTE_LENGTH));
  }

  keyFromSeed(seed: Secret, publicKey?: Uint8Array): SigningKey {
    const privateKey = scalarFromSeed(this.#primitives.hmacSha512, SHA512_BYTE_LENGTH, HeldSecret.read(seed));
    return new HeldKey(this.#primitives, privateKey, publicKey?.slice());
  }
}

/** The first stage's crypto: the only one from which secrets come out, because another machine runs the root of trust. */
export class FirstStageCrypto extends SoftwareIdentityCrypto implements SecretMover {
  moveOut(secret: Secret): Uint8Array {
    const bytes = HeldSecret.read(secret).slice();
    secret.destroy();
    return bytes;
  }
}

/** Seals with the secrets of {@link SoftwareIdentityCrypto}. */
export class SoftwareSealingCrypto implements SealingCrypto {
  readonly #primitives: SealingPrimitives;

  constructor(primitives: SealingPrimitives) {
    this.#primitives = primitives;
  }

  sealWith(secret: Secret, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array): Uint8Array {
    return this.#primitives.aeadSeal(HeldSecret.read(secret), nonce, associated, plain);
  }

  openWith(secret: Secret, nonce: Uint8Array, associated: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    return this.#primitives.aeadOpen(HeldSecret.read(secret), nonce, associated, sealed);
  }
}

/** Not exported, so that nobody else can call `read`. */
class HeldSecret implements Secret {
  readonly #bytes: Uint8Array;
  #destroyed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  static read(secret: Secret): Uint8Array {
    if (!(#bytes in secret)) throw new IdentityError("secret-foreign", "a secret of this provider", "another");
    if (secret.#destroyed) throw new IdentityError("secret-destroyed", "a secret", "a destroyed one");
    return secret.#bytes;
  }

  destroy(): void {
    this.#destroyed = true;
    this.#bytes.fill(0);
  }
}

class HeldKey implements SigningKey {
  readonly #primitives: IdentityPrimitives;
  readonly #privateKey: Uint8Array;
  #publicKey: Uint8Array | undefined;
  #destroyed = false;

  constructor(primitives: IdentityPrimitives, privateKey: Uint8Array, publicKey: Uint8Array | undefined) {
    this.#primitives = primitives;
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
  }

  get publicKey(): Uint8Array {
    this.#publicKey ??= this.#primitives.p256PublicKey(this.#usablePrivateKey());
    return this.#publicKey.slice();
  }

  #usablePrivateKey(): Uint8Array {
    if (this.#destroyed) throw new IdentityError("secret-destroyed", "a signing key", "a destroyed one");
    return this.#privateKey;
  }

  signDigest(digest: Uint8Array): Uint8Array {
    const privateKey = this.#usablePrivateKey();
    if (digest.length !== SHA256_BYTE_LENGTH) {
      throw new RangeError(`expected a digest of ${SHA256_BYTE_LENGTH} bytes, found ${digest.length}`);
    }
    const reduced = reduceDigest(digest);
    const nonce = scalarFromSeed(this.#primitives.hmacSha256, SHA256_BYTE_LENGTH, privateKey, reduced);
    try {
      return this.#primitives.p256SignWithNonce(privateKey, nonce, digest);
    } finally {
      nonce.fill(0);
    }
  }

  destroy(): void {
    this.#destroyed = true;
    this.#privateKey.fill(0);
  }
}
