/** Where the bytes of an image come from: engine, libraries, our C, and the parts of the frozen root. */
import { BenchError } from "./bench-error.ts";
import { type Contribution, readLinkMap } from "./link-map.ts";

/** Order of the tables. */
export const PART_NAMES = [
  "XS engine",
  "C library",
  "mbedTLS",
  "our C and assembly",
  "frozen root: slots",
  "frozen root: byte code",
  "frozen root: strings",
  "frozen root: tables",
  "alignment",
  "archive",
] as const;
export type PartName = (typeof PART_NAMES)[number];

/** All numbers are bytes. `text` is code, `constants` read-only data, both in flash; `data` is in flash and RAM, `bss` in RAM. */
export interface PartSize {
  readonly part: PartName;
  readonly text: number;
  readonly constants: number;
  readonly data: number;
  readonly bss: number;
}

/** What a frozen root holds. */
export interface RootCounts {
  /** Slots of 16 bytes: heap and stack. */
  readonly slots: number;
  /** Names and symbols with an id. */
  readonly keys: number;
  /** Objects that a machine may change in a copy of its own; each costs every machine 4 bytes. */
  readonly aliases: number;
}

type Kind = keyof Omit<PartSize, "part">;

const KINDS: Readonly<Record<string, Kind>> = {
  ".text": "text",
  ".rodata": "constants",
  ".data": "data",
  ".tdata": "data",
  ".bss": "bss",
  ".tbss": "bss",
};

function partOf({ section, object }: Contribution): PartName {
  if (section === "*fill*") return "alignment";
  if (/\/root-root\.c\.o$/.test(object)) return rootPart(section);
  if (/\/shared\/xs\/|\/generated-xs\w+\.c\.o$/.test(object)) return "XS engine";
  if (/\/shared\/mbedtls\//.test(object)) return "mbedTLS";
  if (/\.a\(/.test(object) || /\/crt\w*\.o$/.test(object)) return "C library";
  return "our C and assembly";
}

/** Names as the freezer writes them (host-tools/build/native/xs-freeze-print.c). */
function rootPart(section: string): PartName {
  if (/\.(gxHeap|gxStack)$/.test(section)) return "frozen root: slots";
  if (/\.gxCode\d+$/.test(section)) return "frozen root: byte code";
  if (/\.gxTexts$/.test(section)) return "frozen root: strings";
  return "frozen root: tables";
}

/** Bytes of each part of an image that has any. @throws BenchError map-unreadable */
export function imageParts(map: string, archiveByteLength: number): readonly PartSize[] {
  const sizes = new Map<PartName, Record<Kind, number>>();
  const add = (part: PartName, kind: Kind, byteLength: number) => {
    const size = sizes.get(part) ?? { text: 0, constants: 0, data: 0, bss: 0 };
    size[kind] += byteLength;
    sizes.set(part, size);
  };
  for (const each of readLinkMap(map)) {
    const kind = KINDS[each.output];
    if (kind !== undefined) add(partOf(each), kind, each.byteLength);
  }
  if (archiveByteLength > 0) add("archive", "constants", archiveByteLength);
  return PART_NAMES.flatMap((part) => {
    const size = sizes.get(part);
    return size === undefined ? [] : [{ part, ...size }];
  });
}

/** Counts from the generated C file of a root. @throws BenchError map-unreadable */
export function rootCounts(source: string): RootCounts {
  const number = (name: string): number => {
    const digits = new RegExp(`\\.${name} = (\\d+),`).exec(source)?.[1];
    if (digits === undefined)
      throw new BenchError("map-unreadable", `root.c: expected .${name} = a number, found none`);
    return Number(digits);
  };
  return {
    slots: number("heapCount") + number("stackCount"),
    keys: number("keyCount"),
    aliases: number("aliasCount"),
  };
}
