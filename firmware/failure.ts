/** Tells the console why an app ended: one structured line, then a frame a line. */

/** Text between words of a value: console values hold no spaces. */
const GAP = "_";

/**
 * The console lines for an uncaught error.
 *
 * @param error whatever was thrown
 * @returns `holdfast app failed message=...` and, for an Error, its frames as `    at name (file.ts:line)`
 */
export function describeFailure(error: unknown): string {
  const [message = "", ...frames] = textOf(error).split("\n");
  const lines = [
    `holdfast app failed message=${message.split(" ").join(GAP)}`,
    ...frames.map((frame) => `   ${frame}`),
  ];
  return `${lines.join("\r\n")}\r\n`;
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack) : String(error);
  } catch {
    return "error that cannot be shown";
  }
}
