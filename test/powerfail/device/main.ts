/** The slot code and the crash log on a device: tells what happens to updates and logs whose power is cut. */

import { write } from "native:console";
import { instructions } from "native:cpu";
import { logTranscript, measureLog } from "./log-transcript.ts";
import { settledDecision, slotTranscript } from "./slot-transcript.ts";

/** Called once by C. */
export default function main(): void {
  const say = (line: string): void => write(`transcript ${line}\r\n`);
  slotTranscript(say);
  const decide = settledDecision();
  write(`decision instructions=${count(decide)}\r\n`);
  logTranscript(say);
  const { opening, appending, reads, bytesRead } = measureLog(count);
  write(`log opening=${opening} reads=${reads} bytes=${bytesRead} appending=${appending}\r\n`);
  write("test done\r\n");
}

function count(call: () => void): number {
  const before = instructions();
  call();
  return instructions() - before;
}
