import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasLines, overBudget, readBudget, type StageBudget } from "./budget.ts";
import { ORIGINS, type Origin, type StageCount } from "./count-stage.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-tcb-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const each = <T>(value: T): Record<Origin, T> =>
  Object.fromEntries(ORIGINS.map((origin) => [origin, value])) as Record<Origin, T>;
const count: StageCount = { parts: each({ lines: 10, files: 1, bytes: 100 }), imageBytes: 600, dataBytes: 50 };
const budget: StageBudget = { imageBytes: 600, dataBytes: 50, lines: each(10), bytes: each(100) };

describe("a budget", () => {
  it("holds what is exactly as large as it allows", () => {
    expect(overBudget("board", "rom", count, budget)).toEqual([]);
  });

  it.each<[change: Partial<StageBudget>, line: string]>([
    [{ imageBytes: 599 }, "board rom: expected at most 599 bytes of image, found 600"],
    [{ dataBytes: 49 }, "board rom: expected at most 49 bytes of data and bss, found 50"],
    ...ORIGINS.map((origin): [Partial<StageBudget>, string] => [
      { bytes: { ...each(100), [origin]: 99 } },
      `board rom: expected at most 99 bytes of ${origin}, found 100`,
    ]),
    ...ORIGINS.filter(hasLines).map((origin): [Partial<StageBudget>, string] => [
      { lines: { ...each(10), [origin]: 9 } },
      `board rom: expected at most 9 lines of ${origin}, found 10`,
    ]),
  ])("of %j is exceeded", (change, line) => {
    expect(overBudget("board", "rom", count, { ...budget, ...change })).toEqual([line]);
  });

  it("that leaves a number out is refused", () => {
    const path = join(folder, "budget.json");
    const { XS: _, ...bytes } = each(100);
    writeFileSync(path, JSON.stringify({ board: { rom: budget, root: { ...budget, bytes } } }));
    expect(() => readBudget(path, ["board"])).toThrow(
      "host-tools/tcb/budget.json: expected a whole number for board root: bytes of XS, found undefined",
    );
    expect(() => readBudget(path, ["other"])).toThrow("expected a whole number for other rom: imageBytes");
  });
});
