/** Development keys: one for each purpose, made on first use on each machine, never committed, never fit for a product. */
import { KeyError } from "./errors.ts";
import { generateKey } from "./generate.ts";
import { type ImageKey, loadSigningKey } from "./key-file.ts";
import type { KeyPurpose } from "./key-label.ts";
import { keyPath } from "./keys-folder.ts";

/** Name of the development key for a purpose. */
export function developmentKeyName(purpose: KeyPurpose): string {
  return `development-${purpose}`;
}

/** Path of the development key for a purpose, which may not be there yet. */
export function developmentKeyPath(
  root: string,
  purpose: KeyPurpose,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  return keyPath(root, developmentKeyName(purpose), environment);
}

/**
 * Loads the development key for a purpose, and makes one (EC P-256, epoch 0) when there is none.
 * @param notice is told, in one line, when a key is made.
 * @throws KeyError when the file can be neither read nor made.
 */
export function ensureDevelopmentKey(
  root: string,
  purpose: KeyPurpose = "runtime-image",
  notice: (line: string) => void = () => {},
  environment: NodeJS.ProcessEnv = process.env,
): ImageKey {
  const path = developmentKeyPath(root, purpose, environment);
  try {
    return loadSigningKey(path);
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== "key-missing") throw error;
  }
  try {
    const key = generateKey(path, "ecdsa-p256", { purpose, epoch: 0, revoked: false });
    notice(`made development key ${path} (EC P-256): for this machine only, not for products`);
    return key;
  } catch (error) {
    // Another process was quicker: its key is as good.
    if (error instanceof KeyError && error.code === "key-exists") return loadSigningKey(path);
    throw error;
  }
}
