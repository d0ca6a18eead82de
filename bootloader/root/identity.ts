/** Who the root of trust is: what the boot ROM handed over, taken in once and erased where it came from. */
import { takeHandOver } from "native:cpu";
import { wipe } from "native:signing";
import { deviceId } from "../../protocol/dice/identifiers.ts";
import type { RootOfTrustIdentity } from "../identity/attestation.ts";
import { DiceLayer } from "../identity/layer.ts";
import {
  nativeIdentityCrypto,
  nativeIdentityPrimitives,
  nativeSealingCrypto,
} from "../identity/native-identity-crypto.ts";
import type { SoftwareIdentityCrypto, SoftwareSealingCrypto } from "../identity/software-crypto.ts";
import { SeededRandom } from "../random/seeded-random.ts";
import { decodeHandOver, type RootHandOver } from "../stage/hand-over.ts";

/** The root of trust's secrets, inside the objects that use them. */
export interface RootIdentity {
  readonly crypto: SoftwareIdentityCrypto;
  readonly sealing: SoftwareSealingCrypto;
  readonly identity: RootOfTrustIdentity;
  readonly random: SeededRandom;
  /** What the ROM started; its secrets are zeroed. */
  readonly handOver: RootHandOver;
}

/** @throws RangeError when the boot ROM left no block, or one of another format */
export function takeIdentity(): RootIdentity {
  const block = takeHandOver();
  if (block === undefined) throw new RangeError("expected a block from the boot ROM, found none");
  const bytes = new Uint8Array(block);
  const handOver = decodeHandOver(bytes);
  const { attestation, sealing, seed } = handOver;
  const crypto = nativeIdentityCrypto();
  const publicKey = handOver.publicKey.slice();
  const layer = new DiceLayer(crypto, crypto.importSecret(attestation), crypto.importSecret(sealing), publicKey);
  const random = new SeededRandom(nativeIdentityPrimitives.hmacSha512, seed);
  const identityKey = handOver.identityKey.slice();
  const certificate = handOver.certificate.slice();
  const copy = {
    ...handOver,
    identityKey,
    certificate,
    digest: handOver.digest.slice(),
    signer: handOver.signer.slice(),
  };
  wipe(bytes);
  return {
    crypto,
    sealing: nativeSealingCrypto(),
    identity: { identityKey, certificate, deviceId: deviceId(identityKey, crypto.sha256), layer },
    random,
    handOver: copy,
  };
}
