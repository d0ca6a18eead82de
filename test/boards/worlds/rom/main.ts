/** The test's boot ROM: starts the root of trust in slot A with as much data as a hand-over holds. */
import { launch } from "native:cpu";
import { loadSlot } from "../image.ts";

const HAND_OVER_BYTE_LENGTH = 2000;

/** Called once by C. */
export default function main(): void {
  const data = new Uint8Array(HAND_OVER_BYTE_LENGTH);
  for (let index = 0; index < data.length; index++) data[index] = (index * 7) & 0xff;
  const { payload, payloadByteLength } = loadSlot("root-a");
  launch(payload, payloadByteLength, data);
}
