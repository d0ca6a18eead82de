/** A runtime that does what the storage partition tells it: updates, confirms, selects, hangs, or nothing at all. */
import { write } from "native:console";
import { read } from "native:memory";
import { call } from "native:root";
import config from "mc/config";
import { RootCallError } from "../../../firmware/root-of-trust/root-call-error.ts";
import { RootOfTrust } from "../../../firmware/root-of-trust/root-of-trust.ts";

/** The command is a line at the start of storage; bytes of an image follow here. */
const LINE_LIMIT = 128;
const IMAGE_OFFSET = 4096;
const CHUNK = 2048;

/** Called once by C. */
export default function main(): void {
  const root = new RootOfTrust(call);
  root.feedWatchdog(120_000);
  tellState(root);
  const [command = "", ...words] = commandLine().split(" ");
  const numbers = words.map(Number);
  try {
    obey(root, command, words, numbers);
  } catch (error) {
    if (!(error instanceof RootCallError)) throw error;
    write(`update refused call=${error.call} code=${error.code} detail=${error.detail}\r\n`);
  }
  write("test done\r\n");
}

function obey(root: RootOfTrust, command: string, words: readonly string[], numbers: readonly number[]): void {
  const [first = 0, second = 0] = numbers;
  switch (command) {
    case "update":
      install(root, first, second);
      root.reset("update");
      break;
    case "confirm":
      root.confirm();
      tellState(root);
      break;
    case "select":
      root.select(first, words[1] === "b" ? "b" : "a");
      break;
    case "hang":
      root.feedWatchdog(1000);
      for (;;);
    case "cycle":
      // For ever: confirm what runs, install it again, start that.
      root.confirm();
      install(root, first, second);
      root.reset("update");
      break;
    default:
  }
}

function install(root: RootOfTrust, image: number, byteLength: number): void {
  const base = storage() + IMAGE_OFFSET;
  let offset = root.updateBegin(image, byteLength);
  write("update begun\r\n");
  while (offset < byteLength) {
    const count = Math.min(byteLength - offset, CHUNK);
    offset = root.updateWrite(offset, new Uint8Array(read(base + offset, count)));
  }
  root.updateFinish();
  write("update done\r\n");
}

function tellState(root: RootOfTrust): void {
  const { lifecycle, bootCount, resetReason, images } = root.state();
  write(`state lifecycle=${lifecycle} boot=${bootCount} reset=${resetReason}\r\n`);
  images.forEach(({ securityCounter, keyEpoch, running, a, b }, image) => {
    const runs = `slot=${running?.slot} kind=${running?.kind} confirmed=${running?.isConfirmed}`;
    const slots = `a=${a.class} b=${b.class}`;
    write(`state image=${image} ${runs} counter=${securityCounter} epoch=${keyEpoch} ${slots}\r\n`);
  });
}

function commandLine(): string {
  const bytes = new Uint8Array(read(storage(), LINE_LIMIT));
  let line = "";
  for (const byte of bytes) {
    if (byte === 0x0a || byte === 0xff) break;
    line += String.fromCharCode(byte);
  }
  return line;
}

function storage(): number {
  const { storage: partition } = config.board.partitions;
  if (partition === undefined) throw new RangeError("board.json: expected a partition storage, found none");
  return partition.base;
}
