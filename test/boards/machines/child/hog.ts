/** Takes memory until there is none; catching errors does not help it. */

/** Never returns. */
export default function run(): void {
  const kept: unknown[] = [];
  for (;;) {
    try {
      kept.push(new Uint8Array(512), { index: kept.length, text: `item ${kept.length}` });
    } catch {
      kept.push("caught");
    }
  }
}
