/** What a lint rule reports. */

export interface Finding {
  /** Name used in `lint-allow` comments. */
  readonly rule: string;
  /** Path from the repository's root, with `/`. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** In the form that editors and terminals turn into links. */
export function formatFinding({ path, line, rule, message }: Finding): string {
  return `${path}:${line}: ${message} (${rule})`;
}
