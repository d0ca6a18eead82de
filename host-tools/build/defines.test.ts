/** Tests of C definitions from a manifest. */
import { describe, expect, it } from "vitest";
import { defineLines } from "./defines.ts";

describe("defineLines", () => {
  it("writes one line a value", () => {
    expect(
      defineLines({
        flash: { size: 4, name: '#a"b', base: "0x10 << 2", parts: [1, 2] },
        on: true,
        off: false,
        none: null,
      }),
    ).toEqual([
      "#define MODDEF_FLASH_SIZE (4)",
      '#define MODDEF_FLASH_NAME "a\\"b"',
      "#define MODDEF_FLASH_BASE (0x10 << 2)",
      "#define MODDEF_FLASH_PARTS {1, 2}",
      "#define MODDEF_ON (1)",
      "#define MODDEF_OFF (0)",
      "#define MODDEF_NONE (NULL)",
    ]);
  });

  it.each([[{ "a b": 1 }], [{ a: "1\n#define EVIL" }], [{ a: [1, "2"] }]])("refuses %j", (defines) => {
    expect(() => defineLines(defines)).toThrow(expect.objectContaining({ code: "invalid-define" }));
  });
});
