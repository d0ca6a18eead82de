/** Reads byte code as a list of operations, by the tables in XS's own source: for tests only. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readByteCode } from "../../host-tools/build/byte-code.ts";
import { xsFolder } from "../../host-tools/build/xs-sources.ts";

export interface Operation {
  /** XS's name in lower case without its prefix, such as `get_property`. */
  readonly name: string;
  /** The id that it carries as a name; undefined when it carries none, "" for id 0. */
  readonly id: string | undefined;
  /** Source file and line in force; "" and 0 before the first. */
  readonly file: string;
  readonly line: number;
  /** Bytes with operands, without what an inner function adds. */
  readonly bytes: Uint8Array;
}

/** Names and lengths of the operations, by number. Lengths as XS gives them: 0 an id, negative a counted text. */
function operationTable(root: string): { name: string; length: number }[] {
  const text = readFileSync(join(xsFolder(root), "sources", "xsCommon.c"), "utf8");
  const [, table = ""] = /gxCodeSizes\[[^\]]*\][^{]*\{([^}]*)\}/.exec(text) ?? [];
  // Ids are 16 bits here.
  return [...table.replace(/#ifdef mx32bitID[^#]*#else/, "").matchAll(/(-?\d+) \/\* XS_(?:CODE_)?(\w+) \*\//g)].map(
    ([, length, name = ""]) => ({
      name: name.toLowerCase(),
      length: Number(length),
    }),
  );
}

/** Decodes a .xsb file from its first byte to its last; inner functions come where they lie. */
export function decodeByteCode(path: string, root: string): Operation[] {
  const { code, names } = readByteCode(path);
  const view = new DataView(code.buffer, code.byteOffset, code.length);
  const table = operationTable(root);
  const operations: Operation[] = [];
  let file = "";
  let line = 0;
  for (let at = 0; at < code.length; ) {
    const { name, length } = table[view.getUint8(at)] ?? { name: "unknown", length: 1 };
    let size = length;
    if (length === 0) size = 3;
    else if (length === -1) size = 2 + view.getUint8(at + 1);
    else if (length === -2) size = 3 + view.getUint16(at + 1, true);
    else if (length === -4) size = 5 + view.getUint32(at + 1, true);
    const id = length === 0 ? (names[view.getUint16(at + 1, true)] ?? "") : undefined;
    if (name === "file") file = id ?? "";
    if (name === "line") line = view.getUint16(at + 1, true);
    operations.push({ name, id, file, line, bytes: code.subarray(at, at + size) });
    at += size;
  }
  return operations;
}
