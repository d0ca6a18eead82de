/** Why a key file could not be made or used. */

/**
 * | code | meaning |
 * |---|---|
 * | key-missing | there is no such file |
 * | key-exists | a key file is never overwritten |
 * | key-format | the file is neither PKCS#8 PEM nor SubjectPublicKeyInfo PEM |
 * | key-encrypted | the private key is protected by a password |
 * | key-algorithm | the key is neither EC P-256 nor Ed25519 |
 * | key-not-private | signing needs the private key, and the file holds the public one |
 * | key-name | a key's name has other characters than letters, digits, `-` and `_` |
 * | key-purpose | the key is for another purpose than it was to be used for |
 * | key-file | the operating system refused to read or write the file |
 */
export type KeyErrorCode =
  | "key-missing"
  | "key-exists"
  | "key-format"
  | "key-encrypted"
  | "key-algorithm"
  | "key-not-private"
  | "key-name"
  | "key-purpose"
  | "key-file";

/** A key file could not be made or used; the message is one line and never holds key bytes. */
export class KeyError extends Error {
  override readonly name: string = "KeyError";
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, expected: string, found: string, path: string) {
    super(`expected ${expected}, found ${found} at ${path}`);
    this.code = code;
  }
}

/** The code of an operating-system error such as `ENOENT`, or its text when it has none. */
export function systemErrorCode(error: unknown): string {
  if (error instanceof Error) return "code" in error && typeof error.code === "string" ? error.code : error.message;
  return String(error);
}
