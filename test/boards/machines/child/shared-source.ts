/** Sends an object of the frozen root itself. */
import { TABLE } from "./shared.ts";

/** The shared object. */
export default function run(): unknown {
  return { table: TABLE, again: TABLE };
}
