/** Makes property names without end: each takes an id, and ids are few. */

/** Never returns. */
export default function run(): void {
  const object: Record<string, number> = {};
  for (let index = 0; ; index++) {
    object[`name${index}`] = index;
    delete object[`name${index}`];
  }
}
