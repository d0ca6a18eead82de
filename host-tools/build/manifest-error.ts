/** Errors of reading a manifest. */

/** Everything that can be wrong with a manifest. */
export type ManifestErrorCode =
  | "unreadable"
  | "too-large"
  | "invalid-json"
  | "invalid-value"
  | "unknown-key"
  | "unsupported-key"
  | "unknown-variable"
  | "include-cycle"
  | "git-include"
  | "missing-file"
  | "missing-module"
  | "duplicate-module"
  | "refused";

/** A manifest that cannot be used; the message is one line and begins with the manifest's path. */
export class ManifestError extends Error {
  readonly code: ManifestErrorCode;
  /** Path of the manifest at fault, as it was opened. */
  readonly file: string;

  constructor(code: ManifestErrorCode, file: string, detail: string) {
    super(`${file}: ${detail}`.replace(/[\r\n]+/g, " "));
    this.name = "ManifestError";
    this.code = code;
    this.file = file;
  }
}

/** Shows a value found in a manifest, short enough for one line. */
export function describeFound(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The candidate nearest to `word` by edit distance, when it is near enough to be what was meant. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let limit = Math.max(1, Math.min(3, Math.floor(word.length / 2)));
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance > limit || (distance === limit && nearest !== undefined)) continue;
    nearest = candidate;
    limit = distance;
  }
  return nearest;
}

function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
