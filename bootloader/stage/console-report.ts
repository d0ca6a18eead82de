/** The lines by which the first two stages say on the console what they did: values hold no spaces. */
import { write } from "native:console";
import { instructions } from "native:cpu";
import config from "mc/config";
import { toHex } from "../../protocol/image/bytes.ts";
import { formatVersion } from "../../protocol/image/version.ts";
import type { CheckedSlotImage } from "../slots/slot-verifier.ts";
import type { StartOutcome } from "../slots/start-image.ts";

/** Who speaks. */
export type Stage = "rom" | "root";

/** One line of a stage. */
export function say(stage: Stage, text: string): void {
  write(`holdfast ${stage} ${text}\r\n`);
}

/** The first line of a stage. */
export function sayStart(stage: Stage): void {
  say(stage, `start board=${config.board.name} version=${config.version}`);
}

/** Which slots were refused, and which image starts. */
export function sayOutcome(stage: Stage, { started, refused }: StartOutcome<CheckedSlotImage>): void {
  for (const { slot, code } of refused) say(stage, `refused slot=${slot} code=${code}`);
  if (started === undefined) return;
  const { verified, version } = started.checked;
  const names = `version=${formatVersion(version)} digest=${toHex(verified.digest)} key=${toHex(verified.key.keyHash)}`;
  say(stage, `verified slot=${started.slot} start=${started.kind} ${names} instructions=${instructions()}`);
}

/** Why C did not start a verified image: its own header contradicts what was signed. */
export function sayRefusedLaunch(stage: Stage, { message }: RangeError): void {
  say(stage, `stopped code=launch-refused detail=${message.split(" ").join("_")}`);
}
