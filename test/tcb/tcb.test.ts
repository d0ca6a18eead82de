/** The trusted computing base stays inside its written budget, and a change that leaves it is noticed. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildBoard } from "../../host-tools/build/build.ts";
import { loadBuildKeys } from "../../host-tools/keys/build-keys.ts";
import { BUDGET_PATH, overBudget, readBudget, STAGES, type Stage } from "../../host-tools/tcb/budget.ts";
import { countBoard } from "../../host-tools/tcb/count-board.ts";
import { root } from "../boards/device-program.ts";

const BOARDS = ["virt-a7", "virt-rv32"] as const;
const budget = readBudget(join(root, BUDGET_PATH), BOARDS);

async function findings(board: string, manifests: Partial<Record<Stage, string>> = {}): Promise<readonly string[]> {
  const isOther = Object.keys(manifests).length > 0;
  const built = await buildBoard({
    root,
    board,
    keys: loadBuildKeys(root),
    progress: () => {},
    ...(isOther ? { manifests, folder: join(root, "build", "test", "tcb", board) } : {}),
  });
  const count = countBoard(root, built, manifests);
  return STAGES.flatMap((stage) => {
    const limits = budget[board]?.[stage];
    return limits === undefined ? ["no budget"] : overBudget(board, stage, count[stage], limits);
  });
}

describe("the trusted computing base", () => {
  it.each(BOARDS)(
    "of %s is inside its budget",
    async (board) => {
      expect(await findings(board)).toEqual([]);
    },
    300_000,
  );

  it.each(BOARDS)(
    "of a careless twin on %s is above it, in its image and in what it brought",
    async (board) => {
      const found = await findings(board, { rom: join(root, "test", "tcb", "weakened", "rom.json") });
      for (const what of ["bytes of image", "bytes of XS"])
        expect(
          found.filter((line) => line.startsWith(`${board} rom: expected at most`) && line.includes(what)),
        ).toHaveLength(1);
    },
    300_000,
  );
});
