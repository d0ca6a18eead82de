import { describe, expect, it } from "vitest";
import { parseDependencies } from "./dependency-file.ts";

describe("parseDependencies", () => {
  it.each([
    ["names over several lines", "object: a.c /usr/x.h \\\n b.h \\\n  c.h\n", ["a.c", "/usr/x.h", "b.h", "c.h"]],
    ["a rule without prerequisites", "object:\n", []],
    ["blanks in names", "object: /a\\ b/c\\ d.c e\\\tf.h\n", ["/a b/c d.c", "e\tf.h"]],
    ["backslashes before a blank, doubled", "object: a\\\\\\ b.h c.h\n", ["a\\ b.h", "c.h"]],
    ["other backslashes and colons", "object: a\\b:c.h \\\\d.h\n", ["a\\b:c.h", "\\\\d.h"]],
    ["# and $", "object: a\\#b.h $$c$$$$.h\n", ["a#b.h", "$c$$.h"]],
  ])("reads %s", (_, text, names) => {
    expect(parseDependencies(text)).toEqual(names);
  });
});
