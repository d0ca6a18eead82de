/** COSE_Key of P-256 public keys (RFC 9052, section 7; RFC 9053, section 7.1.1) and their thumbprints (RFC 9679). */
import { decodeCbor } from "../cbor/decode.ts";
import { encodeCbor } from "../cbor/encode.ts";
import { CborMap, type CborValue } from "../cbor/values.ts";
import { CoseError } from "./errors.ts";
import { ALGORITHM_ES256 } from "./headers.ts";

const KEY_TYPE = 1;
const KEY_ALGORITHM = 3;
const KEY_OPERATIONS = 4;
const CURVE = -1;
const X_COORDINATE = -2;
const Y_COORDINATE = -3;

const TYPE_EC2 = 2;
const OPERATION_VERIFY = 2;
const CURVE_P256 = 1;

/**
 * Encodes a public key for verification: type, algorithm, operations and point, the form in Open DICE certificates.
 * @param publicKey 65 bytes, `04 || x || y`.
 * @throws CoseError `key`.
 */
export function encodeCoseKey(publicKey: Uint8Array): Uint8Array {
  checkPoint(publicKey);
  return encodeCbor(
    new CborMap([
      [KEY_TYPE, TYPE_EC2],
      [KEY_ALGORITHM, ALGORITHM_ES256],
      [KEY_OPERATIONS, [OPERATION_VERIFY]],
      [CURVE, CURVE_P256],
      [X_COORDINATE, publicKey.subarray(1, 33)],
      [Y_COORDINATE, publicKey.subarray(33)],
    ]),
  );
}

/**
 * Reads exactly what {@link encodeCoseKey} writes. Whether the point lies on the curve is for the verifier to check.
 * @returns 65 bytes, `04 || x || y`.
 * @throws CoseError `key`; CborError for what is no deterministic CBOR.
 */
export function decodeCoseKey(bytes: Uint8Array): Uint8Array {
  const key = decodeCbor(bytes);
  if (!(key instanceof CborMap) || key.entries.length !== 6) throw keyError("a map of 6");
  requireValue(key, KEY_TYPE, TYPE_EC2);
  requireValue(key, KEY_ALGORITHM, ALGORITHM_ES256);
  requireValue(key, CURVE, CURVE_P256);
  const operations = key.get(KEY_OPERATIONS);
  if (!Array.isArray(operations) || operations.length !== 1 || operations[0] !== OPERATION_VERIFY) {
    throw keyError("verify as only operation");
  }
  const publicKey = new Uint8Array(65);
  publicKey[0] = 4;
  publicKey.set(coordinate(key.get(X_COORDINATE)), 1);
  publicKey.set(coordinate(key.get(Y_COORDINATE)), 33);
  return publicKey;
}

/**
 * SHA-256 thumbprint of a public key (RFC 9679, section 3): the digest of the deterministic COSE_Key of its required parameters.
 * @param publicKey 65 bytes, `04 || x || y`.
 * @throws CoseError `key`.
 */
export function keyThumbprint(publicKey: Uint8Array, sha256: (data: Uint8Array) => Uint8Array): Uint8Array {
  checkPoint(publicKey);
  return sha256(
    encodeCbor(
      new CborMap([
        [KEY_TYPE, TYPE_EC2],
        [CURVE, CURVE_P256],
        [X_COORDINATE, publicKey.subarray(1, 33)],
        [Y_COORDINATE, publicKey.subarray(33)],
      ]),
    ),
  );
}

function checkPoint(publicKey: Uint8Array): void {
  if (publicKey.length !== 65 || publicKey[0] !== 4) throw keyError("65 bytes beginning with 04");
}

function requireValue(key: CborMap, label: number, value: number): void {
  if (key.get(label) !== value) throw keyError(`${value} at label ${label}`);
}

function coordinate(value: CborValue | undefined): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== 32) throw keyError("coordinates of 32 bytes");
  return value;
}

function keyError(expected: string): CoseError {
  return new CoseError("key", expected, "something else");
}
