/** Tells the console why an app ended: one structured line, then a frame a line. */

/**
 * The console lines for an uncaught error. The message is the last value of its line, so it keeps its spaces.
 *
 * @param error whatever was thrown
 * @returns `holdfast app failed message=...` and, for an Error, its frames as `    at name (file.ts:line)`
 */
export function describeFailure(error: unknown): string {
  const [message = "", ...frames] = textOf(error).split("\n");
  const lines = [`holdfast app failed message=${message}`, ...frames.map((frame) => `   ${frame}`)];
  return `${lines.join("\r\n")}\r\n`;
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack) : String(error);
  } catch {
    return "error that cannot be shown";
  }
}
