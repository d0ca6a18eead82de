/** The test's root of trust: the flash as it may write it, on virt-rv32 while it runs from the same bank. */
import { write } from "native:console";
import { powerOff } from "native:cpu";
import { program } from "native:flash";
import { read } from "native:memory";
import config from "mc/config";
import type { PartitionConfig } from "../../../hal/boards/config.d.ts";
import { expectBytes, expectSame } from "../drivers/trial.ts";
import { runFlashTrials } from "./flash-trials.ts";

const BOARD: string = config.board.name;

/** Called once by C. */
export default function main(): void {
  const partitions: Readonly<Record<string, PartitionConfig>> = config.board.partitions;
  const own = partitions["root-a"];
  if (own === undefined) throw new RangeError("board.json: expected a partition root-a, found none");
  const forbidden: (readonly [string, number])[] = [
    ["null", 0],
    ["the last word", 0xffff_fffc],
    ["RAM", 0x8000_0000],
    ["the device secret", deviceSecret(own.base)],
  ];
  for (const name of ["rom", "storage"]) {
    const partition = partitions[name];
    if (partition !== undefined) forbidden.push([name, partition.base]);
  }
  // What runs from RAM may replace what it was copied from; what runs in place may not.
  if (BOARD === "virt-rv32") {
    forbidden.push(["its own header", own.base]);
    forbidden.push(["its own code", own.base + 0x1_0000]);
  }
  runFlashTrials("root", { writable: "log", forbidden });
  try {
    const mark = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const trailer = own.base + own.byteLength - 64;
    expectSame(program(trailer, mark), true, "a mark in its own slot");
    expectBytes(read(trailer, mark.length), mark, "the mark");
    write("test pass root-marks-its-own-slot\r\n");
  } catch (error) {
    write(`test fail root-marks-its-own-slot ${String(error)}\r\n`);
  }
  write("test done\r\n");
  powerOff(0);
}

/** Which mc/config does not tell the root of trust; it lies at the same place of the bank as of board.json. */
function deviceSecret(bank: number): number {
  return BOARD === "virt-rv32" ? 0x2248_0000 : bank - 0x8_0000 + 0x18_0000;
}
