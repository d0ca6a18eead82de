import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compileObjects, type ObjectRecipe, recipesFor } from "./objects.ts";
import { OutputFileError } from "./replace-file.ts";
import { forgetFile } from "./step.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-objects-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  forgetFile(path);
  return path;
};
const recipes = (sources: readonly string[], flags: readonly string[] = ["-Wall", "-Werror"]): ObjectRecipe[] =>
  recipesFor(sources, join(folder, "objects"), "gcc", flags);
const objects = (): string[] => readdirSync(join(folder, "objects")).sort();

/** A stand-in for a compiler. */
const script = (name: string, body: string): string => {
  const path = write(name, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
};

describe("compileObjects", () => {
  it("compiles what is stale and nothing else", async () => {
    const sources = [write("a.c", "int a;\n"), write("b.c", "int b;\n")];
    const counts = [await compileObjects(recipes(sources)), await compileObjects(recipes(sources))];
    write("b.c", "int changed;\n");
    counts.push(await compileObjects(recipes(sources)));
    expect(counts).toEqual([2, 0, 1]);
  });

  it("compiles again when a header changes, also one that a header includes", async () => {
    write("deep.h", "#define DEEP 1\n");
    write("near.h", '#include "deep.h"\n');
    const sources = [write("a.c", '#include "near.h"\nint a = DEEP;\n'), write("b.c", "int b;\n")];
    await compileObjects(recipes(sources));
    write("deep.h", "#define DEEP 2\n");
    expect(await compileObjects(recipes(sources))).toBe(1);
  });

  it("compiles again when a header changes in a folder whose name make would split or expand", async () => {
    const odd = "a b#c$d:e\\f";
    const header = write(`${odd}/near header.h`, "#define NEAR 1\n");
    const sources = [write(`${odd}/a.c`, '#include "near header.h"\nint a = NEAR;\n')];
    const counts = [await compileObjects(recipes(sources)), await compileObjects(recipes(sources))];
    writeFileSync(header, "#define NEAR 2\n");
    forgetFile(header);
    counts.push(await compileObjects(recipes(sources)));
    expect(counts).toEqual([1, 0, 1]);
  });

  it("compiles again while a file that it read is gone, also one below /usr", async () => {
    const reader = script(
      "reader-gcc",
      'gcc "$@" || exit\nfor last; do :; done\necho "object: /usr/include/holdfast-absent.h" > "$last.d"',
    );
    const [recipe] = recipes([write("a.c", "int a;\n")]);
    const reading = [{ ...(recipe as ObjectRecipe), compiler: reader }];
    expect([await compileObjects(reading), await compileObjects(reading)]).toEqual([1, 1]);
  });

  it("compiles again for other flags or another compiler", async () => {
    const sources = [write("a.c", "int a;\n")];
    await compileObjects(recipes(sources, ["-O0"]));
    expect(await compileObjects(recipes(sources, ["-O1"]))).toBe(1);
    const other = script("other-gcc", 'exec gcc "$@"');
    expect(await compileObjects(recipes(sources, ["-O1"]).map((recipe) => ({ ...recipe, compiler: other })))).toBe(1);
  });

  it("compiles again when an object is gone", async () => {
    const sources = [write("a.c", "int a;\n")];
    await compileObjects(recipes(sources));
    rmSync(recipes(sources)[0]?.object ?? "");
    expect(await compileObjects(recipes(sources))).toBe(1);
  });

  it("keeps sources of one name in different folders apart", async () => {
    const sources = [write("x/a.c", "int x;\n"), write("y/a.c", "int y;\n")];
    expect(await compileObjects(recipes(sources))).toBe(2);
    expect(objects().filter((name) => name.endsWith(".o"))).toEqual(["x-a.c.o", "y-a.c.o"]);
  });

  it("tells the first error with file and line, and leaves the last good object without a claim to be current", async () => {
    const sources = [write("a.c", "int a;\n")];
    await compileObjects(recipes(sources));
    const before = readFileSync(recipes(sources)[0]?.object ?? "");
    write("a.c", "int a;\nint b = c;\n");
    await expect(compileObjects(recipes(sources))).rejects.toMatchObject({
      code: "compile-failed",
      message: expect.stringMatching(/^gcc: .*a\.c: .*a\.c:2:9: error: .*c.* undeclared/),
    });
    expect(readFileSync(recipes(sources)[0]?.object ?? "")).toEqual(before);
    expect(await compileObjects(recipes([write("a.c", "int a;\n")]))).toBeLessThanOrEqual(1);
  });

  it("waits for compilers that still run before it fails, so that no draft is left", async () => {
    const slow = script("slow-gcc", 'case "$*" in *slow.c*) sleep 0.4 ;; esac\nexec gcc "$@"');
    const sources = [write("bad.c", "int a = b;\n"), write("slow.c", "int s;\n"), write("later.c", "int l;\n")];
    const slowly = recipes(sources).map((recipe) => ({ ...recipe, compiler: slow }));
    await expect(compileObjects(slowly)).rejects.toThrow(/bad\.c:1:9/);
    expect(objects().filter((name) => name.includes("draft"))).toEqual([]);
  });

  it("says that the disk is full", async () => {
    const full = script("full-gcc", 'echo "as: a.o: No space left on device" >&2\nexit 1');
    const [recipe] = recipes([write("a.c", "int a;\n")]);
    const error = await compileObjects([{ ...(recipe as ObjectRecipe), compiler: full }]).catch(
      (each: unknown) => each,
    );
    expect(error).toBeInstanceOf(OutputFileError);
    expect((error as OutputFileError).code).toBe("disk-full");
  });

  it("says that the compiler is missing", async () => {
    const [recipe] = recipes([write("a.c", "int a;\n")]);
    await expect(compileObjects([{ ...(recipe as ObjectRecipe), compiler: "absent-gcc" }])).rejects.toMatchObject({
      code: "compile-failed",
      message: expect.stringContaining("absent-gcc"),
    });
  });
});
