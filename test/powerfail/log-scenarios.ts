/** What crash logs go through when power fails, as `scenarios.ts` has it for slots. */
import type { Reporter } from "../../bootloader/log/log-state.ts";
import type { ResetReason } from "../../bootloader/log/reset-reason.ts";
import { PowerCut } from "./flash-errors.ts";
import type { Verdict } from "./judge.ts";
import { type LogBootWork, LogWorld } from "./log-world.ts";
import type { Trial, TrialStep } from "./scenario-run.ts";
import type { ReadMode } from "./tears.ts";
import { PropertyViolation } from "./truth.ts";

/** Most writes and erases of one boot: its own slot, and twice another block with all six records. */
const OPERATION_LIMIT = 25;
/** Most reads of one boot. */
const READ_LIMIT = 60;
/** Boots after the cuts, none of them cut: cells in doubt read otherwise in each. */
const JUDGED_BOOTS = 3;
/** The fewest slots of a block: every change is followed by the making of the other block. */
const TIGHT = 16;
/** Room for some changes in between. */
const ROOMY = 21;

type Step = TrialStep<LogWorld>;

const boot: Step = { name: "boot", run: (world) => world.boot() };

const append = (reporter: Reporter, key: number): Step => ({
  name: `append ${key} of ${reporter}`,
  run: (world) => world.perform({ kind: "append", reporter, key }),
});

const deliver = (by: "runtime" | "service", through = 1000): Step => ({
  name: `deliver, says the ${by}`,
  run: (world) => world.perform({ kind: "deliver", through, by }),
});

const reset = (reason: ResetReason): Step => ({
  name: `reset for ${reason}`,
  run: (world) => world.perform({ kind: "reset", reason }),
});

const untouched = (step: Step): Step => ({ ...step, isAtomic: true });

/** How cells in doubt read in the cycles that follow: first erased, then as written, and so on. */
const LATE: readonly ReadMode[] = ["high", "low"];
const EARLY: readonly ReadMode[] = ["low", "high"];

/** A step that was cut in its very last write, which reads as it likes from then on. */
const cutAtItsEnd = (step: Step, modes: readonly ReadMode[]): Step => ({
  name: `${step.name}, cut at its end and read ${modes.join(", then ")}`,
  isAtomic: true,
  run: (world) => {
    const before = world.snapshot();
    step.run(world);
    const operation = world.chip.operations.length - 1;
    world.restore(before);
    world.chip.plan({ operation, tear: { name: "in doubt", hits: () => true, modes, erase: "ones" } });
    try {
      step.run(world);
    } catch (error) {
      if (error instanceof PowerCut) return;
      throw error;
    }
    throw new PropertyViolation(`${step.name} ended before its cut`);
  },
});

interface LogScenario {
  readonly name: string;
  /** What is at stake. */
  readonly about: string;
  readonly slots: number;
  readonly steps: readonly Step[];
  readonly isFormatted?: boolean;
}

const SCENARIOS: readonly LogScenario[] = [
  {
    name: "log-format",
    about: "flash from the factory gets a log at its first boot",
    slots: TIGHT,
    steps: [boot, append("root", 1), boot],
    isFormatted: false,
  },
  {
    name: "log-append",
    about: "failures of both reporters, one of them again",
    slots: ROOMY,
    steps: [boot, append("runtime", 1), append("root", 1), append("runtime", 1), boot, append("runtime", 2)],
  },
  {
    name: "log-acknowledge",
    about: "records are delivered, by the runtime's word and by the service's, and fail again",
    slots: ROOMY,
    steps: [
      ...[boot, append("runtime", 1), append("root", 2), append("runtime", 3)].map(untouched),
      deliver("runtime", 2),
      append("runtime", 1),
      deliver("service", 2),
      boot,
    ],
  },
  {
    name: "log-ring",
    about: "more failures than records are kept, delivered or not",
    slots: ROOMY,
    steps: [
      ...[boot, append("root", 1), append("root", 2), append("runtime", 1), append("runtime", 2)].map(untouched),
      append("root", 3),
      ...[append("runtime", 3), append("runtime", 4)].map(untouched),
      append("runtime", 5),
      untouched(deliver("runtime", 4)),
      append("runtime", 6),
      boot,
    ],
  },
  {
    name: "log-rotate",
    about: "a block with little room: the other one is made after every change",
    slots: TIGHT,
    steps: [
      ...[boot, append("runtime", 1), append("runtime", 2), append("root", 3), append("runtime", 4)].map(untouched),
      append("root", 5),
      append("runtime", 1),
      deliver("service", 2),
      boot,
    ],
  },
  {
    name: "log-half-made-late",
    about: "the other block was not finished at the next boot, and reads as finished later",
    slots: TIGHT,
    steps: [
      ...[boot, boot, boot, boot, append("runtime", 1), append("root", 2)].map(untouched),
      cutAtItsEnd(append("runtime", 3), LATE),
      boot,
      boot,
    ],
  },
  {
    name: "log-half-made-early",
    about: "the other block reads as finished at the next boot, and not later",
    slots: TIGHT,
    steps: [
      ...[boot, boot, boot, boot, append("runtime", 1), append("root", 2)].map(untouched),
      cutAtItsEnd(append("runtime", 3), EARLY),
      boot,
      boot,
    ],
  },
  {
    name: "log-reset",
    about: "the reason of a reset is told at the next boot and at no other; each boot is counted",
    slots: ROOMY,
    steps: [boot, reset("watchdog"), boot, boot, reset("update"), boot],
  },
];

/** All scenarios of crash logs. */
export const LOG_SCENARIOS: readonly Trial<LogWorld>[] = SCENARIOS.map(
  ({ name, slots, steps, isFormatted = true }) => ({
    name,
    steps,
    furtherTries: 0,
    create: (unit, seed) => new LogWorld({ unit, slots, isFormatted, seed }),
    judge: judgeLog,
  }),
);

/** Boots the device, undisturbed from now on: the log is there, is the same each time, and takes what comes. @throws PropertyViolation */
export function judgeLog(world: LogWorld, isLong: boolean): Verdict {
  let operations = 0;
  let reads = 0;
  for (let boots = 0; boots < JUDGED_BOOTS; boots += 1) {
    const work = bootLog(world);
    operations = Math.max(operations, work.operations);
    reads = Math.max(reads, work.reads);
  }
  if (isLong) {
    world.perform({ kind: "append", reporter: "root", key: 100 });
    world.perform({ kind: "append", reporter: "runtime", key: 100 });
    world.perform({ kind: "deliver", through: world.lastSequence, by: "runtime" });
    world.check();
    bootLog(world);
  }
  return { boots: 0, operations, reads };
}

/** One boot without a cut. @throws PropertyViolation when it does too much, or the log is none of those that it may be */
export function bootLog(world: LogWorld): LogBootWork {
  world.boot();
  const { work } = world;
  world.check();
  if (work.operations > OPERATION_LIMIT)
    throw new PropertyViolation(`a boot made ${work.operations} writes and erases`);
  if (work.reads > READ_LIMIT) throw new PropertyViolation(`a boot made ${work.reads} reads`);
  return work;
}
