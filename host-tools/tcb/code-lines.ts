/** Counts lines of code: what is left of a source without blank lines and comments. */

/** TypeScript, C and assembly share these comments. Texts that hold a comment's start are kept whole. */
const COMMENT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/**
 * Lines that hold more than a comment.
 *
 * @param text TypeScript, C or assembly
 */
export function countCodeLines(text: string): number {
  const bare = text.replace(COMMENT, (found) => (found.startsWith("/") ? found.replace(/[^\n]/g, "") : found));
  return bare.split("\n").filter((line) => line.trim() !== "").length;
}
