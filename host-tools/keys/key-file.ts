/** Reads signing keys: PKCS#8 PEM for private ones, SubjectPublicKeyInfo PEM for public ones. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { toHex } from "../../protocol/image/bytes.ts";
import {
  type PublicKey,
  publicKeyFromSpki,
  spkiFromPublicKey,
  type TrustedKey,
  type TrustedKeyText,
} from "../../protocol/image/public-key.ts";
import { KeyError, systemErrorCode } from "./errors.ts";
import { type KeyLabel, type KeyPurpose, keyLabelText, readKeyLabel } from "./key-label.ts";

/** Largest key file that is read, in bytes; a P-256 key is about 240. */
const KEY_FILE_LIMIT = 16384;

/** A key read from a file; `privateKey` is undefined when the file holds the public key only. */
export interface ImageKey extends KeyLabel {
  readonly path: string;
  readonly publicKey: PublicKey;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** SHA-256 of `spki`, 32 bytes: the name of the key in images. */
  readonly keyHash: Uint8Array;
  readonly privateKey: KeyObject | undefined;
}

/**
 * Reads a private or public key.
 * @throws KeyError `key-missing`, `key-file`, `key-format`, `key-encrypted` or `key-algorithm`.
 */
export function loadKey(path: string): ImageKey {
  return keyFromPem(readKeyFile(path), path);
}

/**
 * Reads a key that can sign.
 * @throws KeyError as {@link loadKey}, or `key-not-private`.
 */
export function loadSigningKey(path: string): ImageKey {
  const key = loadKey(path);
  if (key.privateKey === undefined) throw new KeyError("key-not-private", "a private key", "a public key", path);
  return key;
}

/**
 * Reads a key from PEM text.
 * @param path names the key in errors.
 * @throws KeyError `key-format`, `key-encrypted` or `key-algorithm`.
 */
export function keyFromPem(pem: string, path: string): ImageKey {
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----\r?$/m.exec(pem)?.[1];
  if (label === "ENCRYPTED PRIVATE KEY") {
    throw new KeyError("key-encrypted", "a private key without password", label, path);
  }
  if (label !== "PRIVATE KEY" && label !== "PUBLIC KEY") {
    const found = label === undefined ? "no PEM" : label;
    throw new KeyError("key-format", "PEM with PRIVATE KEY (PKCS#8) or PUBLIC KEY (SPKI)", found, path);
  }
  const keyLabel = readKeyLabel(pem, path);
  let privateKey: KeyObject | undefined;
  let publicObject: KeyObject;
  try {
    if (label === "PRIVATE KEY") {
      privateKey = createPrivateKey({ key: pem, format: "pem" });
      publicObject = createPublicKey(privateKey);
    } else {
      publicObject = createPublicKey({ key: pem, format: "pem" });
    }
  } catch {
    // OpenSSL's own message says nothing useful and might one day quote its input.
    throw new KeyError("key-format", `well-formed ${label} PEM`, "malformed data", path);
  }
  const publicKey = rawPublicKey(publicObject, path);
  const spki = spkiFromPublicKey(publicKey);
  return { ...keyLabel, path, publicKey, spki, keyHash: keyHashOf(spki), privateKey };
}

/**
 * Makes sure that a key may be used for a purpose; a key without one may be used for any.
 * @throws KeyError `key-purpose`
 */
export function requireKeyFor(key: ImageKey, purposes: readonly KeyPurpose[]): ImageKey {
  if (key.purpose === undefined || purposes.includes(key.purpose)) return key;
  throw new KeyError("key-purpose", `a key for ${purposes.join(" or ")}`, `one for ${key.purpose}`, key.path);
}

/** The key's name in images: SHA-256 of its DER SubjectPublicKeyInfo. */
export function keyHashOf(spki: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(spki).digest());
}

/** A key as a verifier trusts it. */
export function trustedKey(key: ImageKey, revoked = key.revoked): TrustedKey {
  return { publicKey: key.publicKey, keyHash: key.keyHash, revoked };
}

/** A key as a build compiles it into a boot stage. */
export function trustedKeyText(key: ImageKey, revoked = key.revoked): TrustedKeyText {
  return { spki: toHex(key.spki), keyHash: toHex(key.keyHash), epoch: key.epoch, revoked };
}

/** The public key as SubjectPublicKeyInfo PEM, under the lines that say what it is for. */
export function publicPem(key: ImageKey): string {
  const body = Buffer.from(key.spki).toString("base64");
  return `${keyLabelText(key)}-----BEGIN PUBLIC KEY-----\n${body.replace(/(.{64})(?=.)/g, "$1\n")}\n-----END PUBLIC KEY-----\n`;
}

function rawPublicKey(key: KeyObject, path: string): PublicKey {
  const type = key.asymmetricKeyType;
  if (type === "ed25519") {
    const { x } = key.export({ format: "jwk" });
    return { algorithm: "ed25519", bytes: new Uint8Array(Buffer.from(x ?? "", "base64url")) };
  }
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (type !== "ec" || curve !== "prime256v1") {
    throw new KeyError("key-algorithm", "EC P-256 or Ed25519", [type, curve].filter(Boolean).join(" "), path);
  }
  // From the coordinates, so that a file with a compressed point gives the same bytes and hash as any other.
  const { x, y } = key.export({ format: "jwk" });
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x ?? "", "base64url"), Buffer.from(y ?? "", "base64url")]);
  return publicKeyFromSpki(spkiFromPublicKey({ algorithm: "ecdsa-p256", bytes: new Uint8Array(point) }));
}

function readKeyFile(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const size = fstatSync(file).size;
    if (size > KEY_FILE_LIMIT) {
      throw new KeyError("key-format", `a file of at most ${KEY_FILE_LIMIT} bytes`, `${size}`, path);
    }
    const bytes = Buffer.alloc(KEY_FILE_LIMIT);
    return bytes.toString("latin1", 0, readSync(file, bytes, 0, KEY_FILE_LIMIT, 0));
  } catch (error) {
    if (error instanceof KeyError) throw error;
    const code = systemErrorCode(error);
    if (code === "ENOENT") throw new KeyError("key-missing", "a key file", "none", path);
    throw new KeyError("key-file", "a readable key file", code, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
