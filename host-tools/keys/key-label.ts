/** What a key is for and which epoch it belongs to: lines before the PEM in its file, which other tools skip (RFC 7468 section 2). */
import { KeyError } from "./errors.ts";

/**
 * What signatures of a key are good for. Each verifier knows the keys of its own purpose only, so that an app key on a boot image is
 * an unknown key.
 *
 * | purpose | signs | who trusts it |
 * |---|---|---|
 * | root-image | root of trust images | the boot ROM |
 * | runtime-image | runtime images | the root of trust |
 * | app | app packages | the runtime |
 * | capability | capability files of single devices | the root of trust |
 */
export type KeyPurpose = "root-image" | "runtime-image" | "app" | "capability";

/** Every {@link KeyPurpose}. */
export const KEY_PURPOSES: readonly KeyPurpose[] = Object.freeze([
  "root-image",
  "runtime-image",
  "app",
  "capability",
] as const);

/** Highest epoch: as many as the counter of a device can count. */
export const EPOCH_LIMIT = 0xffffffff;

/** What a key file says besides the key. */
export interface KeyLabel {
  /** Undefined for a file of another tool, which may sign anything on its holder's responsibility. */
  readonly purpose: KeyPurpose | undefined;
  /** An image of a newer epoch that was confirmed revokes all keys of older ones on that device. */
  readonly epoch: number;
  /** True when builds are to list the key as revoked. */
  readonly revoked: boolean;
}

/** The label of a file without one. */
export const NO_LABEL: KeyLabel = Object.freeze({ purpose: undefined, epoch: 0, revoked: false });

/**
 * Reads the label lines before the PEM; all other lines there are comments.
 * @throws KeyError `key-format` for a label line that this version does not know
 */
export function readKeyLabel(pem: string, path: string): KeyLabel {
  let label = NO_LABEL;
  for (const line of pem.slice(0, Math.max(0, pem.indexOf("-----BEGIN"))).split(/\r?\n/)) {
    const match = /^Holdfast-([A-Za-z-]+): *(.*)$/.exec(line.trimEnd());
    if (match !== null) label = { ...label, ...readLine(match[1] as string, match[2] as string, path) };
  }
  return label;
}

function readLine(name: string, value: string, path: string): Partial<KeyLabel> {
  if (name === "Purpose") return { purpose: requirePurpose(value, path) };
  if (name === "Epoch" && /^(0|[1-9][0-9]{0,9})$/.test(value)) return { epoch: requireEpoch(Number(value), path) };
  if (name === "Revoked" && value === "yes") return { revoked: true };
  throw new KeyError("key-format", "lines Holdfast-Purpose, -Epoch, -Revoked", `'Holdfast-${name}: ${value}'`, path);
}

/** @throws KeyError `key-format` for anything but a {@link KeyPurpose} */
export function requirePurpose(text: string, path: string): KeyPurpose {
  const purpose = KEY_PURPOSES.find((known) => known === text);
  if (purpose !== undefined) return purpose;
  throw new KeyError("key-format", `a purpose out of ${KEY_PURPOSES.join(", ")}`, `'${text}'`, path);
}

/** @throws KeyError `key-format` for anything but a whole number up to {@link EPOCH_LIMIT} */
export function requireEpoch(epoch: number, path: string): number {
  if (Number.isInteger(epoch) && epoch >= 0 && epoch <= EPOCH_LIMIT) return epoch;
  throw new KeyError("key-format", `an epoch from 0 to ${EPOCH_LIMIT}`, `${epoch}`, path);
}

/** The lines for the top of a key file; nothing for a key of another tool. */
export function keyLabelText({ purpose, epoch, revoked }: KeyLabel): string {
  const use = purpose === undefined ? "" : `Holdfast-Purpose: ${purpose}\nHoldfast-Epoch: ${epoch}\n`;
  return revoked ? `${use}Holdfast-Revoked: yes\n` : use;
}
