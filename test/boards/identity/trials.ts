/** What each kind of test vector is run through; true when the board gives what the vector says. */
import { verifyP256 } from "native:crypto";
import { Attester, enterRootOfTrust } from "../../../bootloader/identity/attestation.ts";
import { certifyLayer } from "../../../bootloader/identity/certificates.ts";
import { DiceLayer } from "../../../bootloader/identity/layer.ts";
import {
  nativeFirstStageCrypto,
  nativeIdentityCrypto,
  nativeIdentityPrimitives,
  nativeSealingPrimitives,
} from "../../../bootloader/identity/native-identity-crypto.ts";
import { HmacDrbg } from "../../../bootloader/random/hmac-drbg.ts";
import { equalBytes } from "../../../protocol/image/bytes.ts";
import { signX509Certificate } from "../../../protocol/x509/dice-certificate.ts";
import { deviceOf } from "./device.ts";
import type { RecordKind } from "./records.ts";

type Trial = (fields: readonly Uint8Array[]) => boolean;

const { sha512, hmacSha256, hmacSha512, p256PublicKey, p256SignWithNonce } = nativeIdentityPrimitives;
const { aeadSeal, aeadOpen } = nativeSealingPrimitives;
const SHA512_BYTE_LENGTH = 64;

/** A field that the record must have. */
function at(fields: readonly Uint8Array[], index: number): Uint8Array {
  const field = fields[index];
  if (field === undefined) throw new RangeError(`expected field ${index}, found ${fields.length} fields`);
  return field;
}

/** By kind. */
export const TRIALS: Readonly<Record<RecordKind, Trial>> = Object.freeze({
  verify: (fields) => verifyP256(at(fields, 0), at(fields, 1), at(fields, 2)) === (at(fields, 3)[0] === 1),
  sha512: (fields) => equalBytes(sha512(at(fields, 0)), at(fields, 1)),
  "hmac-sha256": (fields) => equalBytes(hmacSha256(at(fields, 0), at(fields, 1)), at(fields, 2)),
  "hmac-sha512": (fields) => equalBytes(hmacSha512(at(fields, 0), at(fields, 1)), at(fields, 2)),
  "public-key": (fields) => equalBytes(p256PublicKey(at(fields, 0)), at(fields, 1)),
  sign: (fields) => equalBytes(p256SignWithNonce(at(fields, 0), at(fields, 1), at(fields, 2)), at(fields, 3)),
  seal(fields) {
    const [key, nonce, associated] = [at(fields, 0), at(fields, 1), at(fields, 2)];
    const [plain, sealed] = [at(fields, 3), at(fields, 4)];
    const opened = aeadOpen(key, nonce, associated, sealed);
    const made = aeadSeal(key, nonce, associated, plain);
    return opened !== undefined && equalBytes(opened, plain) && equalBytes(made, sealed);
  },
  "seal-refused": (fields) => aeadOpen(at(fields, 0), at(fields, 1), at(fields, 2), at(fields, 3)) === undefined,
  drbg(fields) {
    const generator = new HmacDrbg(hmacSha512, SHA512_BYTE_LENGTH, at(fields, 0), at(fields, 1));
    const found = new Uint8Array(at(fields, 2).length);
    for (let request = 0; request < 2; request++) {
      generator.output(found);
      generator.update();
    }
    return equalBytes(found, at(fields, 2));
  },
  "open-dice"(fields) {
    const crypto = nativeIdentityCrypto();
    const layer = new DiceLayer(crypto, crypto.importSecret(at(fields, 0)), crypto.importSecret(at(fields, 1)));
    const inputs = {
      codeHash: at(fields, 2),
      configuration: { kind: "inline", value: at(fields, 3) },
      authorityHash: at(fields, 4),
      mode: "not-configured",
      hidden: at(fields, 5),
    } as const;
    const certified = { inputs, profileName: "opendice.example" } as const;
    return equalBytes(certifyLayer(crypto, layer, layer.next(inputs), certified, signX509Certificate), at(fields, 6));
  },
  evidence(fields) {
    const crypto = nativeFirstStageCrypto();
    const { measurement, options } = deviceOf();
    const identity = enterRootOfTrust(crypto, crypto.importSecret(at(fields, 0)), measurement);
    const attester = new Attester({ ...options, crypto, identity });
    const [layerCertificate, keyCertificate] = attester.certificates();
    const made = [layerCertificate, keyCertificate, attester.attest(at(fields, 1))];
    return made.every((bytes, index) => bytes !== undefined && equalBytes(bytes, at(fields, 2 + index)));
  },
});
