/** File and folder names: whole words that say what is inside. */

/** Words that say nothing about what is inside. */
const emptyWords = new Set("util utils helper helpers misc miscellaneous stuff common manager2".split(" "));

/** Problem with a path, or undefined. */
export function nameProblem(path: string): string | undefined {
  for (const part of path.split("/")) {
    const word = part
      .toLowerCase()
      .split(/[-_.]/)
      .find((candidate) => emptyWords.has(candidate));
    if (word !== undefined) return `expected a name that says what is inside, found ${word}`;
  }
  const file = path.split("/").at(-1) ?? "";
  if (/\.ts$/.test(file) && !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.ts$/.test(file)) {
    return `expected lower-case words joined by -, found ${file}`;
  }
  return undefined;
}
