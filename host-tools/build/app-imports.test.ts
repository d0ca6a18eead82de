import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { manifestOf, repository } from "../../test/build/freeze-fixture.ts";
import { checkAppImports } from "./app-imports.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-app-imports-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const runtime = manifestOf({
  modules: {
    board: write("board.ts", 'import { open } from "native:registers";\nexport const board = open;\n'),
    near: write("near.ts", 'import { far } from "./far.ts";\nexport const near = far;\n'),
    far: write("far.ts", 'import "./near.ts";\nimport { board } from "board";\nexport const far = board;\n'),
    text: write("text.ts", 'import type { board } from "board";\nexport type Board = typeof board;\n'),
    table: write("table.json", "{}"),
  },
  natives: { "native:registers": write("registers.d.ts", "export function open(): void;\n") },
});

/** Checks an app of two modules, of which the second is given. */
const check = (text: string): Promise<void> =>
  checkAppImports(
    manifestOf({ modules: { app: write("app.ts", 'import "./part.ts";\n'), part: write("part.ts", text) } }),
    runtime,
    repository,
  );

describe("checkAppImports", () => {
  it.each([
    ["of the board", 'import { board } from "board";', "board"],
    ["of a native module", 'import { open } from "native:registers";', "native:registers"],
    ["of a native module that no manifest has", 'import "native:absent";', "native:absent"],
    ["by path", 'import "./board.ts";', "board"],
    ["of a module that imports the board, however far away", 'import "near";', "near"],
    ["in a circle of modules that import the board", 'import "far";', "far"],
    ["of its types", 'import type { board } from "board";', "board"],
    ["in a re-export", 'export { board } from "board";', "board"],
    ["in a re-export of everything", 'export * from "board";', "board"],
  ])("refuses the import %s", async (_, text, reached) => {
    await expect(check(`${text}\n`)).rejects.toMatchObject({
      code: "link-failed",
      message: `part: expected modules that hold no hardware, found the import of ${reached}: an app gets its devices as an argument`,
    });
  });

  it.each([
    ["modules without hardware", 'import "text";\nimport "table";\nimport "mc/config";\nexport const one = 1;'],
    ["text that looks like an import", '// import "board";\nexport const text = \'import "board";\';'],
    ["to other steps what leads nowhere", 'import "./absent.ts";\nimport "absent";\nimport "/etc/passwd";'],
    ["to other steps what is no TypeScript", 'import "board";\nexport const = 3;'],
  ])("leaves %s", async (_, text) => {
    await expect(check(`${text}\n`)).resolves.toBeUndefined();
  });

  it("takes an app's own module for what it is, whatever the runtime calls one of its own", async () => {
    const own = { app: write("own.ts", 'import "board";\n'), board: write("mine.ts", "export {};\n") };
    await expect(checkAppImports(manifestOf({ modules: own }), runtime, repository)).resolves.toBeUndefined();
  });
});
