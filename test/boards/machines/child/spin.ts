/** Runs for ever inside try blocks, so that an abort has to free their state. */

/** Never returns. */
export default function run(): void {
  let turns = 0;
  for (;;) {
    try {
      try {
        turns++;
      } finally {
        turns++;
      }
    } catch {
      if (turns > 0) throw new Error("expected no error, found one");
    }
  }
}
