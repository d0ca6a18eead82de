/** Recurses through the engine's own C code: each conversion takes C stack, and no memory. */

class Matryoshka {
  valueOf(): number {
    return Number(this) + 1;
  }
}

/** Never returns. */
export default function run(): void {
  if (Number(new Matryoshka()) > 0) throw new Error("expected no end, found one");
}
