/** Reads GNU ld's map: which input section of which object takes how many bytes of an image. */
import { BenchError } from "./bench-error.ts";

/** One input section that the linker kept. */
export interface Contribution {
  /** Section of the image, such as `.text`. */
  readonly output: string;
  /** Section of the object, such as `.text.fxRunID`; `*fill*` for padding. */
  readonly section: string;
  readonly address: number;
  readonly byteLength: number;
  /** Path of the object, with the member's name behind a library; empty for padding. */
  readonly object: string;
}

const START = "Linker script and memory map";
/** `.text  0x1000  0x20 path`, the name possibly on a line of its own. */
const OUTPUT = /^(\.[\w.]+)(?:\s|$)/;
const INPUT = /^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (\S.*))?\s*$/;

/**
 * The contributions of more than no bytes, in the map's order.
 *
 * @throws BenchError map-unreadable when the text is no map
 */
export function readLinkMap(text: string): readonly Contribution[] {
  const start = text.indexOf(START);
  if (start < 0) throw new BenchError("map-unreadable", `expected a line "${START}", found none`);
  const found: Contribution[] = [];
  let output = "";
  let pending = "";
  for (const line of text.slice(start).split("\n")) {
    const heading = OUTPUT.exec(line);
    if (heading !== null) {
      output = heading[1] ?? "";
      pending = "";
      continue;
    }
    // A long name is followed by its numbers on the next line.
    if (/^ \S+$/.test(line)) {
      pending = line;
      continue;
    }
    const input = INPUT.exec(pending === "" ? line : `${pending} ${line.trimStart()}`);
    pending = "";
    if (input === null || output === "") continue;
    const [, section = "", address = "0", length = "0", object = ""] = input;
    const byteLength = Number.parseInt(length, 16);
    if (byteLength === 0 || (object === "" && section !== "*fill*")) continue;
    found.push({ output, section, address: Number.parseInt(address, 16), byteLength, object });
  }
  return found;
}
