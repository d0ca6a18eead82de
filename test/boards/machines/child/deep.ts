/** Recurses without end. */

function descend(depth: number): number {
  return descend(depth + 1) + 1;
}

/** Never returns. */
export default function run(): void {
  descend(0);
}
