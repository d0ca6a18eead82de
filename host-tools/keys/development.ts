/** Development keys: made on first use on each machine, never committed, never fit for a product. */
import { join } from "node:path";
import { KeyError } from "./errors.ts";
import { generateKey } from "./generate.ts";
import { type ImageKey, loadSigningKey } from "./key-file.ts";

/** Name of the key that signs images when no other is given. */
export const DEVELOPMENT_KEY_NAME = "development";

/** Folder of the development keys: `$HOLDFAST_KEYS`, else `keys` in the project. */
export function keysFolder(root: string, environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.HOLDFAST_KEYS;
  return named === undefined || named === "" ? join(root, "keys") : named;
}

/**
 * Path of a development key.
 * @throws KeyError `key-name` when the name could leave the folder or surprise a shell.
 */
export function developmentKeyPath(root: string, name: string, environment: NodeJS.ProcessEnv = process.env): string {
  const folder = keysFolder(root, environment);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new KeyError("key-name", "1 to 64 letters, digits, '-' and '_'", `'${name}'`, folder);
  }
  return join(folder, `${name}.pem`);
}

/**
 * Loads a development key, and makes one (EC P-256) when there is none.
 * @param notice is told, in one line, when a key is made.
 * @throws KeyError when the file can be neither read nor made.
 */
export function ensureDevelopmentKey(
  root: string,
  name: string = DEVELOPMENT_KEY_NAME,
  notice: (line: string) => void = () => {},
  environment: NodeJS.ProcessEnv = process.env,
): ImageKey {
  const path = developmentKeyPath(root, name, environment);
  try {
    return loadSigningKey(path);
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== "key-missing") throw error;
  }
  try {
    const key = generateKey(path, "ecdsa-p256");
    notice(`made development key ${path} (EC P-256): for this machine only, not for products`);
    return key;
  } catch (error) {
    // Another process was quicker: its key is as good.
    if (error instanceof KeyError && error.code === "key-exists") return loadSigningKey(path);
    throw error;
  }
}
