/** An app for an image that has to carry one. */
export default function nothing(): string {
  return "nothing";
}
