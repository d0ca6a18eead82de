/** Leaves a rejection unhandled. */

/** Returns; the rejection is noticed after the jobs. */
export default function run(): void {
  Promise.reject(new TypeError("expected somebody to listen, found nobody"));
}
