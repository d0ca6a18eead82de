/** The test's boot ROM: the flash as the ROM may write it, then the root of trust in slot A. */
import { launch } from "native:cpu";
import config from "mc/config";
import type { PartitionConfig } from "../../../hal/boards/config.d.ts";
import { loadSlot } from "../worlds/image.ts";
import { runFlashTrials } from "./flash-trials.ts";

/** Called once by C. */
export default function main(): void {
  const partitions: Readonly<Record<string, PartitionConfig>> = config.board.partitions;
  const forbidden: (readonly [string, number])[] = [
    ["null", 0],
    ["the last word", 0xffff_fffc],
    ["RAM", 0x8000_0000],
  ];
  for (const name of ["rom", "storage", "runtime-a", "log"]) {
    const partition = partitions[name];
    if (partition !== undefined) forbidden.push([name, partition.base]);
  }
  runFlashTrials("rom", { writable: "state", forbidden });
  const { payload, payloadByteLength } = loadSlot("root-a");
  launch(payload, payloadByteLength, new Uint8Array(4));
}
