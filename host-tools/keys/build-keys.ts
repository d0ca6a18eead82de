/** The keys of a build: what signs each image, and what each stage is built to trust. */
import { resolve } from "node:path";
import { type ImageKey, loadSigningKey } from "./key-file.ts";
import type { KeyPurpose } from "./key-label.ts";
import { keysFor, type PurposeKeys } from "./key-ring.ts";

/** The boot ROM trusts the keys of `root`, the root of trust those of all three. */
export interface BuildKeys {
  readonly root: PurposeKeys;
  readonly runtime: PurposeKeys;
  readonly capability: PurposeKeys;
}

const PURPOSES: Readonly<Record<keyof BuildKeys, KeyPurpose>> = {
  root: "root-image",
  runtime: "runtime-image",
  capability: "capability",
};

/**
 * The keys of this machine's folder, but for purposes that a key was named for.
 * @param named key files; each signs what it is for, one without purpose everything, and nothing else is trusted there
 * @param notice is told when a development key is made
 * @throws KeyError as {@link loadSigningKey} and {@link keysFor}
 */
export function loadBuildKeys(
  root: string,
  named: readonly string[] = [],
  notice: (line: string) => void = () => {},
): BuildKeys {
  const keys = named.map((path) => loadSigningKey(resolve(path)));
  const of = (use: keyof BuildKeys): PurposeKeys => {
    const purpose = PURPOSES[use];
    const key = keys.find((each) => each.purpose === purpose) ?? keys.find((each) => each.purpose === undefined);
    return key === undefined ? keysFor(root, purpose, notice) : { signer: key, trusted: [key] };
  };
  return { root: of("root"), runtime: of("runtime"), capability: of("capability") };
}

/** One key for everything, for tests and benchmarks. */
export function singleBuildKey(key: ImageKey): BuildKeys {
  const only = { signer: key, trusted: [key] };
  return { root: only, runtime: only, capability: only };
}
