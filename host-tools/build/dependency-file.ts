/** Reads the dependency files that gcc writes with -MD: a make rule whose prerequisites are the files that it read. */

/**
 * The prerequisites of the one rule in the text, in order.
 *
 * gcc escapes for make: a blank in a name as `\ ` with the backslashes before it doubled, `#` as `\#`, `$` as `$$`. Other
 * backslashes and colons stand for themselves.
 *
 * @param text a rule whose target holds no colon
 */
export function parseDependencies(text: string): string[] {
  return text
    .slice(text.indexOf(":") + 1)
    .replaceAll("\\\n", " ")
    .split(/(?<!\\)\s+/)
    .filter((name) => name !== "")
    .map(unescapeName);
}

function unescapeName(name: string): string {
  return name
    .replace(/(\\*)\\([ \t])/g, (_, doubled: string, blank: string) => doubled.slice(doubled.length / 2) + blank)
    .replaceAll("\\#", "#")
    .replaceAll("$$", "$");
}
