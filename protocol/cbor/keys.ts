/** Map keys: their order, and how messages show them. */
import type { CborKey } from "./values.ts";

/** Longest text key that a message repeats. */
const SHOWN_LIMIT = 24;

/** Bytewise lexicographic order of two encoded keys, neither of which is a prefix of the other. */
export function compareKeys(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** A key for messages: they go to logs, so an attacker's text is repeated only when it is short and printable. */
export function shownKey(key: CborKey): string {
  if (typeof key === "number") return `${key}`;
  if (key.length > SHOWN_LIMIT) return "long text";
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return "text";
  }
  return `"${key}"`;
}
