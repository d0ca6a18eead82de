/** Throws out of two functions, so that the report has frames to show. */

function inner(): never {
  throw new RangeError("expected nothing, found trouble");
}

/** Never returns. */
export default function run(): void {
  inner();
}
