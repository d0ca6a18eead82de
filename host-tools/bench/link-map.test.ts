import { describe, expect, it } from "vitest";
import { readLinkMap } from "./link-map.ts";

const MAP = `Discarded input sections

 .text          0x00000000       0x10 /a/left-out.o

Linker script and memory map

LOAD /a/one.o
                0x22000200                        _image_start = ORIGIN (image)

.text           0x22000200    0x59fb0
                0x22000200                        _text_start = .
 *(.text .text.*)
 .text.short    0x22000200       0x66 /a/one.o
 *fill*         0x22000266        0x2 
 .text.a_name_that_needs_a_line_of_its_own
                0x22000268       0x14 /usr/lib/libc.a(member.c.o)
                0x22000268                a_name_that_needs_a_line_of_its_own
 .text.empty    0x2200027c        0x0 /a/one.o

.rodata         0x2205a1b0    0x2be70
 .srodata.cst8  0x2205a1b0       0x10 /usr/lib/libc.a(other.c.o)
                                 0x80 (size before relaxing)
`;

describe("the linker's map", () => {
  it("gives what was kept, with padding, and nothing of what was discarded or is empty", () => {
    expect(
      readLinkMap(MAP).map(({ output, section, byteLength, object }) => [output, section, byteLength, object]),
    ).toEqual([
      [".text", ".text.short", 0x66, "/a/one.o"],
      [".text", "*fill*", 2, ""],
      [".text", ".text.a_name_that_needs_a_line_of_its_own", 0x14, "/usr/lib/libc.a(member.c.o)"],
      [".rodata", ".srodata.cst8", 0x10, "/usr/lib/libc.a(other.c.o)"],
    ]);
  });

  it("is refused when it is something else", () => {
    expect(() => readLinkMap("nothing")).toThrow(/expected a line "Linker script/);
  });
});
