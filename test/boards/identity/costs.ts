/** What the proof of identity costs on this board, step by step, in instructions. */
import { instructions } from "native:cpu";
import { Attester, enterRootOfTrust } from "../../../bootloader/identity/attestation.ts";
import { DiceLayer } from "../../../bootloader/identity/layer.ts";
import {
  nativeFirstStageCrypto,
  nativeIdentityPrimitives,
  nativeSealingCrypto,
} from "../../../bootloader/identity/native-identity-crypto.ts";
import { SeededRandom } from "../../../bootloader/random/seeded-random.ts";
import { RUNTIME_DATA, Sealer } from "../../../bootloader/sealing/sealer.ts";
import { deviceOf } from "./device.ts";

const KIB = 1024;

/** Calls `say` for each step. */
export function measureCosts(say: (name: string, count: number) => void): void {
  const crypto = nativeFirstStageCrypto();
  const { hmacSha512, p256PublicKey, p256SignWithNonce, sha512 } = nativeIdentityPrimitives;
  const time = <T>(name: string, work: () => T): T => {
    const start = instructions();
    const result = work();
    say(name, instructions() - start);
    return result;
  };
  const bytes = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);
  time("p256-public-key", () => p256PublicKey(bytes(9)));
  time("p256-sign", () => p256SignWithNonce(bytes(9), bytes(7), bytes(5)));
  time("sha512-1k", () => sha512(bytes(1, KIB)));
  const { measurement, options } = deviceOf();
  const identity = time("enter-root-of-trust", () =>
    enterRootOfTrust(crypto, crypto.importSecret(bytes(1)), measurement),
  );
  const { attestation, sealing, publicKey } = identity.layer.moveOut(crypto);
  const layer = new DiceLayer(crypto, crypto.importSecret(attestation), crypto.importSecret(sealing), publicKey);
  const attester = time("attester", () => new Attester({ ...options, crypto, identity: { ...identity, layer } }));
  time("first-attest", () => [attester.certificates(), attester.attest(bytes(0xa5))]);
  time("attest", () => attester.attest(bytes(0xa5)));
  const seed = bytes(3, 64);
  seed[0] = 4;
  const random = time("random-seed", () => new SeededRandom(hmacSha512, seed));
  time("random-32", () => random.fill(bytes(0)));
  const sealer = new Sealer(nativeSealingCrypto(), layer.sealingSecret(RUNTIME_DATA), random);
  const sealed = time("seal-1k", () => sealer.seal(bytes(1, KIB), bytes(0, 0)));
  time("unseal-1k", () => sealer.unseal(sealed, bytes(0, 0)));
}
