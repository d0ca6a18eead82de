import { describe, expect, it } from "vitest";
import { imageParts, rootCounts } from "./image-parts.ts";

const line = (section: string, length: number, object: string) =>
  ` ${section}\n                0x00001000 0x${length.toString(16)} ${object}\n`;

describe("the parts of an image", () => {
  const map = [
    "Linker script and memory map\n\n.text  0x1000 0x100\n",
    line(".text.fxRunID", 100, "/b/virt-a7/shared/xs/sources-xsRun.c.o"),
    line(".text.mbedtls_sha256", 50, "/b/virt-a7/shared/mbedtls/library-sha256.c.o"),
    line(".text.memcpy", 10, "/usr/lib/libc.a(memcpy.o)"),
    line(".text.main", 7, "/b/virt-a7/runtime/objects/xs-main.c.o"),
    " *fill*         0x22000266        0x3 \n\n.rodata 0x2000 0x100\n",
    line(".rodata.gxHeap", 160, "/b/virt-a7/runtime/objects/root-root.c.o"),
    line(".rodata.gxStack", 16, "/b/virt-a7/runtime/objects/root-root.c.o"),
    line(".rodata.gxCode12", 40, "/b/virt-a7/runtime/objects/root-root.c.o"),
    line(".rodata.gxTexts", 20, "/b/virt-a7/runtime/objects/root-root.c.o"),
    line(".rodata.gxKeys", 8, "/b/virt-a7/runtime/objects/root-root.c.o"),
    "\n.bss 0x3000 0x10\n",
    line(".bss.machine", 800, "/b/virt-a7/runtime/objects/xs-main.c.o"),
    "\n.debug_info 0x0 0x10\n",
    line(".debug_info", 5000, "/b/virt-a7/runtime/objects/xs-main.c.o"),
  ].join("");

  it("are told apart by object and section, and debugging information is none", () => {
    const none = { text: 0, constants: 0, data: 0, bss: 0 };
    expect(imageParts(map, 64)).toEqual([
      { part: "XS engine", ...none, text: 100 },
      { part: "C library", ...none, text: 10 },
      { part: "mbedTLS", ...none, text: 50 },
      { part: "our C and assembly", ...none, text: 7, bss: 800 },
      { part: "frozen root: slots", ...none, constants: 176 },
      { part: "frozen root: byte code", ...none, constants: 40 },
      { part: "frozen root: strings", ...none, constants: 20 },
      { part: "frozen root: tables", ...none, constants: 8 },
      { part: "alignment", ...none, text: 3 },
      { part: "archive", ...none, constants: 64 },
    ]);
  });

  it("of a root are counted from its source", () => {
    const source =
      "\t.aliasCount = 5,\n\t.heapCount = 30, .heap = x,\n\t.stackCount = 4, .stack = y,\n\t.keyCount = 9, .keys = z,";
    expect(rootCounts(source)).toEqual({ slots: 34, keys: 9, aliases: 5 });
    expect(() => rootCounts("")).toThrow(/heapCount/);
  });
});
