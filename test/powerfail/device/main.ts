/** The slot code on a device: tells what happens to updates whose power is cut. */

import { write } from "native:console";
import { instructions } from "native:cpu";
import { settledDecision, slotTranscript } from "./slot-transcript.ts";

/** Called once by C. */
export default function main(): void {
  slotTranscript((line) => write(`transcript ${line}\r\n`));
  const decide = settledDecision();
  const before = instructions();
  decide();
  write(`decision instructions=${instructions() - before}\r\n`);
  write("test done\r\n");
}
