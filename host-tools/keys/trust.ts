/** Changes to the folder of keys: a public key that is held elsewhere comes in, a key is revoked, a public half goes out. */
import { readFileSync, statSync } from "node:fs";
import { replaceFileWith, writeFully } from "../build/replace-file.ts";
import { writeKeyFile } from "./generate.ts";
import { type ImageKey, loadKey, publicPem } from "./key-file.ts";
import { type KeyLabel, keyLabelText } from "./key-label.ts";

/**
 * Writes the public half of a key to a new file.
 * @throws KeyError `key-exists`, `key-file`
 */
export function writePublicKey(path: string, key: ImageKey): void {
  writeKeyFile(path, publicPem(key));
}

/**
 * Adds the public half of a key to the folder under a label of its own.
 * @throws KeyError `key-exists`, `key-file`
 */
export function trustKey(path: string, key: ImageKey, label: KeyLabel): ImageKey {
  writePublicKey(path, { ...key, ...label });
  return loadKey(path);
}

/**
 * Marks a key as revoked in its file; nothing happens when it is already.
 * @throws KeyError as `loadKey`; OutputFileError
 */
export function revokeKey(path: string): ImageKey {
  const key = loadKey(path);
  if (key.revoked) return key;
  const text = readFileSync(path, "latin1");
  const pem = text.slice(text.indexOf("-----BEGIN"));
  const revoked = Buffer.from(keyLabelText({ ...key, revoked: true }) + pem, "latin1");
  // A private key stays as private as it was.
  replaceFileWith(path, (descriptor) => writeFully(descriptor, revoked, 0), statSync(path).mode & 0o777);
  return loadKey(path);
}
