/** The folder of keys: which ones builds trust for each purpose, and which one signs. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../protocol/image/bytes.ts";
import type { TrustedKeyText } from "../../protocol/image/public-key.ts";
import { ensureDevelopmentKey } from "./development.ts";
import { KeyError, systemErrorCode } from "./errors.ts";
import { type ImageKey, loadKey, trustedKeyText } from "./key-file.ts";
import type { KeyPurpose } from "./key-label.ts";
import { keysFolder } from "./keys-folder.ts";

/** A key of the folder. */
export interface NamedKey {
  readonly name: string;
  readonly key: ImageKey;
}

/**
 * All keys of the folder by name, the public ones too; files of other names are left alone.
 * @throws KeyError for a `.pem` that is no usable key, since a key that is silently left out would be missing from a product
 */
export function listKeys(root: string, environment: NodeJS.ProcessEnv = process.env): readonly NamedKey[] {
  const folder = keysFolder(root, environment);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw new KeyError("key-file", "a readable folder of keys", systemErrorCode(error), folder);
  }
  return names
    .filter((name) => /^[A-Za-z0-9_-]{1,64}\.pem$/.test(name))
    .sort()
    .map((name) => ({ name: name.slice(0, -".pem".length), key: loadKey(join(folder, name)) }));
}

/** The keys of one purpose. */
export interface PurposeKeys {
  /** The private key of the newest epoch, which signs; of two the first by name. */
  readonly signer: ImageKey;
  /** What a verifier is built with: every key of the folder for the purpose, oldest epoch first. */
  readonly trusted: readonly ImageKey[];
}

/**
 * The keys for a purpose. A machine without any gets a development key.
 * @param notice is told when a key is made
 * @throws KeyError `key-missing` when all keys for the purpose are public or revoked, and what reading the folder throws
 */
export function keysFor(
  root: string,
  purpose: KeyPurpose,
  notice: (line: string) => void = () => {},
  environment: NodeJS.ProcessEnv = process.env,
): PurposeKeys {
  const listed = listKeys(root, environment).filter(({ key }) => key.purpose === purpose);
  const keys = listed.length === 0 ? [ensureDevelopmentKey(root, purpose, notice, environment)] : [];
  keys.push(...listed.map(({ key }) => key));
  const usable = keys.filter((key) => key.privateKey !== undefined && !key.revoked);
  const signer = usable.reduce<ImageKey | undefined>(
    (best, key) => (best !== undefined && best.epoch >= key.epoch ? best : key),
    undefined,
  );
  if (signer === undefined) {
    const folder = keysFolder(root, environment);
    throw new KeyError("key-missing", `a private key for ${purpose}`, "public or revoked ones only", folder);
  }
  return { signer, trusted: keys.sort(byEpoch) };
}

/** A purpose's trusted keys as a build compiles them in. */
export function trustedKeyTexts(keys: readonly ImageKey[]): readonly TrustedKeyText[] {
  return keys.map((key) => trustedKeyText(key));
}

/** Equal keys must come out in the same order on every machine: builds are compared byte by byte. */
function byEpoch(left: ImageKey, right: ImageKey): number {
  return left.epoch - right.epoch || (toHex(left.keyHash) < toHex(right.keyHash) ? -1 : 1);
}
