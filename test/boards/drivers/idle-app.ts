/** The app of the test image: the image format wants one, the test runtime does not start it. */

/** Never called. */
export default function start(): string {
  return "idle";
}
