/** Where the keys of this machine are. */
import { join } from "node:path";
import { KeyError } from "./errors.ts";

/** Folder of this machine's keys: `$HOLDFAST_KEYS`, else `keys` in the project. */
export function keysFolder(root: string, environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.HOLDFAST_KEYS;
  return named === undefined || named === "" ? join(root, "keys") : named;
}

/**
 * Path of a key in the folder.
 * @throws KeyError `key-name` when the name could leave the folder or surprise a shell.
 */
export function keyPath(root: string, name: string, environment: NodeJS.ProcessEnv = process.env): string {
  const folder = keysFolder(root, environment);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new KeyError("key-name", "1 to 64 letters, digits, '-' and '_'", `'${name}'`, folder);
  }
  return join(folder, `${name}.pem`);
}
