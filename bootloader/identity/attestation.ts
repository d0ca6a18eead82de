/** The device's side of attestation: from the device secret to a certified evidence key, and evidence on request. */
import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { es256Signer } from "../../protocol/cose/es256.ts";
import { HOLDFAST_DICE_PROFILE } from "../../protocol/dice/certificate.ts";
import { deviceId, ueidOf } from "../../protocol/dice/identifiers.ts";
import { isNonceLength } from "../../protocol/eat/claims.ts";
import { signEvidence } from "../../protocol/eat/evidence.ts";
import type { SecurityLifecycle } from "../../protocol/eat/lifecycle.ts";
import { certifyLayer, certifySigningKey } from "./certificates.ts";
import type { IdentityCrypto, Secret, SigningKey } from "./crypto.ts";
import { IdentityError } from "./errors.ts";
import { type LayerMeasurement, layerInputs } from "./inputs.ts";
import { DiceLayer } from "./layer.ts";
import type { MeasurementLog } from "./measurements.ts";

/** Info text from which the evidence key is derived. */
const EVIDENCE_KEY = "Evidence Key";

/** What the first stage leaves to the root of trust. It holds no device secret and cannot make one. */
export interface RootOfTrustIdentity {
  /** The identity key's public half, 65 bytes. */
  readonly identityKey: Uint8Array;
  /** 32 bytes: SHA-256 of the identity key's SubjectPublicKeyInfo. */
  readonly deviceId: Uint8Array;
  /** The root of trust's own layer. */
  readonly layer: DiceLayer;
  /** The certificate of that layer by the identity key. */
  readonly certificate: Uint8Array;
}

/**
 * Runs the DICE flow of the first stage: identity key, layer of the measured root of trust, certificate. The device secret and
 * the identity key's private half are destroyed before it returns, also when it fails.
 * @param deviceSecret See `importDeviceSecret`; must not be used afterwards.
 */
export function enterRootOfTrust(
  crypto: IdentityCrypto,
  deviceSecret: Secret,
  measurement: LayerMeasurement,
): RootOfTrustIdentity {
  const identity = new DiceLayer(crypto, deviceSecret, deviceSecret);
  let layer: DiceLayer | undefined;
  try {
    const inputs = layerInputs(measurement, crypto.sha512);
    layer = identity.next(inputs);
    const certificate = certifyLayer(crypto, identity, layer, { inputs, profileName: HOLDFAST_DICE_PROFILE });
    const identityKey = identity.key.publicKey;
    return { identityKey, deviceId: deviceId(identityKey, crypto.sha256), layer, certificate };
  } catch (error) {
    layer?.close();
    throw error;
  } finally {
    identity.close();
  }
}

/** What evidence says beyond the measurement log. */
export interface AttesterOptions {
  readonly crypto: IdentityCrypto;
  readonly identity: RootOfTrustIdentity;
  readonly log: MeasurementLog;
  /** 32 random bytes, new at each boot. */
  readonly bootSeed: Uint8Array;
  readonly lifecycle: SecurityLifecycle;
  /** 32 bytes, see {@link implementationId}. */
  readonly implementationId: Uint8Array;
}

/** Signs evidence. The only holder of the evidence key, which signs nothing but what {@link attest} builds. */
export class Attester {
  readonly #options: AttesterOptions;
  #key: SigningKey | undefined;
  #leaf: Uint8Array | undefined;
  #lifecycle: SecurityLifecycle;
  #closed = false;

  /** Derives nothing yet: a device that is not asked for evidence does not pay for it. */
  constructor(options: AttesterOptions) {
    this.#options = {
      ...options,
      bootSeed: options.bootSeed.slice(),
      implementationId: options.implementationId.slice(),
    };
    this.#lifecycle = options.lifecycle;
  }

  #evidenceKey(): SigningKey {
    if (this.#closed) throw new IdentityError("secret-destroyed", "an evidence key", "a destroyed one");
    this.#key ??= this.#options.identity.layer.signingKey(EVIDENCE_KEY);
    return this.#key;
  }

  /**
   * The CBOR certificates from the identity key to the evidence key; copies. The first call certifies the evidence key: two or
   * three point multiplications, whether the layer knows its public key or not.
   * @throws IdentityError `secret-destroyed` once closed.
   */
  certificates(): Uint8Array[] {
    const { publicKey } = this.#evidenceKey();
    const { crypto, identity } = this.#options;
    this.#leaf ??= certifySigningKey(crypto, identity.layer, publicKey);
    return [identity.certificate.slice(), this.#leaf.slice()];
  }

  /**
   * Evidence for a nonce.
   * @param nonce 32, 48 or 64 bytes; the caller has copied it out of less trusted memory.
   * @param operationalKey Thumbprint of a key that the root of trust knows to be the device's, 32 bytes.
   * @throws IdentityError `nonce`, `secret-destroyed`; EvidenceError `claim-value`.
   */
  attest(nonce: Uint8Array, operationalKey?: Uint8Array): Uint8Array {
    if (!isNonceLength(nonce.length)) {
      throw new IdentityError("nonce", "a nonce of 32, 48 or 64 bytes", `${nonce.length}`);
    }
    const { crypto, identity, log, bootSeed, implementationId } = this.#options;
    const claims = {
      nonce,
      ueid: ueidOf(identity.deviceId),
      bootSeed,
      lifecycle: this.#lifecycle,
      implementationId,
      components: log.components(),
      operationalKey,
    };
    const key = this.#evidenceKey();
    const signer = es256Signer(crypto, (digest) => key.signDigest(digest));
    return signEvidence(claims, key.publicKey, signer, crypto.sha512);
  }

  /** A capability file for this boot was presented: from now on a secured device says debug. There is no way back but a reset. */
  claimDebug(): void {
    if (this.#lifecycle === "secured") this.#lifecycle = "debug";
  }

  /** Zeroes the evidence key, and makes none again. Twice is fine. */
  close(): void {
    this.#closed = true;
    this.#key?.destroy();
  }
}

/** What a device is made of, for the verifier's tables of reference values. */
export interface Implementation {
  readonly board: string;
  /** 16 bytes each: UUID_VID and UUID_CID of its images. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
}

/** The implementation id claim: SHA-256 of the deterministic CBOR of `[board, vendorId, classId]`, 32 bytes. */
export function implementationId(
  { board, vendorId, classId }: Implementation,
  sha256: (data: Uint8Array) => Uint8Array,
): Uint8Array {
  return sha256(encodeCbor([board, vendorId, classId]));
}
