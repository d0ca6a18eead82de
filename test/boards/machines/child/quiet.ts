/** A well-behaved child: classes, closures, collections and promise jobs. */

class Counter {
  #count = 0;
  increase(by: number): number {
    this.#count += by;
    return this.#count;
  }
}

/** Called once. */
export default function run(): void {
  const counter = new Counter();
  const map = new Map<string, number>();
  for (let index = 0; index < 20; index++) map.set(`key${index % 5}`, counter.increase(index));
  const doubled = [...map.values()].map((value) => value * 2).filter((value) => value > 10);
  if (JSON.stringify({ doubled }).length < 10) throw new Error("expected values, found none");
  Promise.resolve(doubled)
    .then((values) => values.length)
    .then((length) => {
      if (length < 1) throw new Error("expected values in a job, found none");
    });
}
