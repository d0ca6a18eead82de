/** Counts the trusted computing base of a board that was built: the boot ROM and the root of trust. */
import { join } from "node:path";
import { type BuildResult, MANIFESTS } from "../build/build.ts";
import { readManifest } from "../build/manifest.ts";
import { STAGES, type Stage } from "./budget.ts";
import { countStage, type StageCount } from "./count-stage.ts";
import { TcbError } from "./tcb-error.ts";

export type BoardCount = Readonly<Record<Stage, StageCount>>;

/**
 * @param manifests of stages that were built from others than the product's
 * @throws TcbError output-unreadable, BenchError map-unreadable, ManifestError
 */
export function countBoard(
  root: string,
  { board, programs }: BuildResult,
  manifests: Partial<Record<Stage, string>> = {},
): BoardCount {
  const count = (stage: Stage): StageCount => {
    const elf = programs.find(({ role }) => role === stage)?.elf;
    if (elf === undefined) throw new TcbError("output-unreadable", `${board.name}: expected a program ${stage}`);
    const manifest = readManifest(manifests[stage] ?? join(root, MANIFESTS[stage]), {
      platform: board.name,
      environment: process.env,
      variables: { ROOT: root },
    });
    return countStage({ root, elf, manifest });
  };
  return Object.fromEntries(STAGES.map((stage) => [stage, count(stage)])) as BoardCount;
}
