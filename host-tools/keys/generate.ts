/** Makes signing keys: EC P-256 or Ed25519, PKCS#8 PEM readable by their owner only, never over an existing file. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SignatureAlgorithm } from "../../protocol/image/profile.ts";
import { KeyError, systemErrorCode } from "./errors.ts";
import { type ImageKey, keyFromPem } from "./key-file.ts";
import { type KeyLabel, keyLabelText, NO_LABEL } from "./key-label.ts";

/**
 * Generates a key and writes it to `path`, making folders as needed.
 * The file appears whole or not at all, with mode 0600 from its first byte.
 * @throws KeyError `key-exists` or `key-file`.
 */
export function generateKey(path: string, algorithm: SignatureAlgorithm, label: KeyLabel = NO_LABEL): ImageKey {
  const pair =
    algorithm === "ecdsa-p256"
      ? generateKeyPairSync("ec", { namedCurve: "prime256v1" })
      : generateKeyPairSync("ed25519");
  const pem = keyLabelText(label) + pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  writeKeyFile(path, pem);
  return keyFromPem(pem, path);
}

/**
 * Writes a new key file, readable by its owner only from its first byte on; whole or not at all.
 * @throws KeyError `key-exists` or `key-file`.
 */
export function writeKeyFile(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.new`);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (!publish(temporary, path)) {
      throw new KeyError("key-exists", "no file yet (a key is never overwritten)", "one", path);
    }
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw new KeyError("key-file", "a folder that a key can be written to", systemErrorCode(error), path);
  } finally {
    discard(temporary);
  }
}

/** Removes the temporary file; what hindered its making may hinder this, and the first error is the one to report. */
function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {}
}

/**
 * A hard link is the one rename that refuses to replace; file systems without links get an exclusive copy.
 * @returns false when there is a file already.
 */
function publish(temporary: string, path: string): boolean {
  try {
    try {
      linkSync(temporary, path);
    } catch (error) {
      if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(systemErrorCode(error))) throw error;
      copyFileSync(temporary, path, constants.COPYFILE_EXCL);
    }
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}
