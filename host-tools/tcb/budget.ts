/** The written budget of the trusted computing base, and what exceeds it. */
import { readFileSync } from "node:fs";
import { ORIGINS, type Origin, type StageCount } from "./count-stage.ts";
import { TcbError } from "./tcb-error.ts";

/** Where the budget stands, relative to the repository. Raising a number there is a decision that a reviewer sees. */
export const BUDGET_PATH = "host-tools/tcb/budget.json";

export const STAGES = ["rom", "root"] as const;
export type Stage = (typeof STAGES)[number];

/** The most that a stage may have. */
export interface StageBudget {
  readonly imageBytes: number;
  readonly dataBytes: number;
  /** Lines of code, for the parts that have sources. */
  readonly lines: Readonly<Partial<Record<Origin, number>>>;
  readonly bytes: Readonly<Partial<Record<Origin, number>>>;
}

/** By board, then by stage. */
export type Budget = Readonly<Record<string, Readonly<Record<Stage, StageBudget>>>>;

/** @throws TcbError budget-unreadable when a number is missing, for then nothing would be checked */
export function readBudget(path: string, boards: readonly string[]): Budget {
  const budget = JSON.parse(readFileSync(path, "utf8")) as Record<string, Record<string, StageBudget>>;
  for (const board of boards) {
    for (const stage of STAGES) {
      const limits = budget[board]?.[stage];
      const numbers = [
        ["imageBytes", limits?.imageBytes],
        ["dataBytes", limits?.dataBytes],
        ...ORIGINS.map((origin) => [`bytes of ${origin}`, limits?.bytes?.[origin]]),
        ...ORIGINS.filter(hasLines).map((origin) => [`lines of ${origin}`, limits?.lines?.[origin]]),
      ] as const;
      for (const [name, value] of numbers)
        if (typeof value !== "number" || !Number.isSafeInteger(value))
          throw new TcbError(
            "budget-unreadable",
            `${BUDGET_PATH}: expected a whole number for ${board} ${stage}: ${name}, found ${JSON.stringify(value)}`,
          );
    }
  }
  return budget as Budget;
}

/** The C library comes without sources, and frozen objects are what the TypeScript and XS made of themselves. */
export function hasLines(origin: Origin): boolean {
  return origin !== "C library" && origin !== "frozen objects";
}

/** One sentence for each number that is above its limit. */
export function overBudget(board: string, stage: Stage, count: StageCount, budget: StageBudget): readonly string[] {
  const found: string[] = [];
  const check = (what: string, value: number, limit: number | undefined): void => {
    if (limit !== undefined && value > limit)
      found.push(`${board} ${stage}: expected at most ${limit} ${what}, found ${value}`);
  };
  check("bytes of image", count.imageBytes, budget.imageBytes);
  check("bytes of data and bss", count.dataBytes, budget.dataBytes);
  for (const origin of ORIGINS) {
    check(`lines of ${origin}`, count.parts[origin].lines, budget.lines[origin]);
    check(`bytes of ${origin}`, count.parts[origin].bytes, budget.bytes[origin]);
  }
  return found;
}
