/** Makes symbols without end: each takes an id and next to no memory, so ids run out first where memory allows. */

/** Never returns. */
export default function run(): void {
  for (;;) Symbol();
}
