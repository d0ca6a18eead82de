/** What must come of a device after power has failed: it starts what was confirmed, soon, with bounded work, and can be updated. */

import type { Scenario } from "./scenarios.ts";
import { PropertyViolation } from "./truth.ts";
import type { World } from "./world.ts";

/** Most writes and erases of one boot, root of trust and runtime together. */
export const OPERATION_LIMIT = 24;
/** Most reads of one boot. */
export const READ_LIMIT = 200;
/** Most boots until what runs is confirmed, with one try; each further try may cost one more. */
const BOOT_LIMIT = 3;

/** What a boot did to the flash. */
export interface BootWork {
  /** Writes and erases. */
  readonly operations: number;
  readonly reads: number;
}

/** What a judged case needed; its work is that of the longest boot. */
export interface Verdict extends BootWork {
  /** Boots until everything that ran was confirmed for good. */
  readonly boots: number;
}

/** Boots the device, undisturbed from now on, until it has come to rest. @throws PropertyViolation */
export function judge(world: World, scenario: Scenario, isLong: boolean): Verdict {
  const verdict = bootUntilSettled(world);
  world.checkSlots();
  if (isLong) requireUpdatable(world, scenario);
  return verdict;
}

function bootUntilSettled(world: World): Verdict {
  let operations = 0;
  let reads = 0;
  const limit = BOOT_LIMIT - 1 + world.options.tryLimit;
  for (let boots = 1; boots <= limit; boots += 1) {
    const work = bootWithinBudget(world);
    operations = Math.max(operations, work.operations);
    reads = Math.max(reads, work.reads);
    if (isSettled(world)) return { boots, operations, reads };
  }
  throw new PropertyViolation(`no confirmed image had started after ${limit} boots`);
}

/** One boot without a cut. @throws PropertyViolation when it does too much or stores what was not confirmed */
export function bootWithinBudget(world: World): BootWork {
  world.boot();
  const { reads } = world.chip;
  const operations = world.chip.operations.length;
  if (operations > OPERATION_LIMIT) throw new PropertyViolation(`a boot made ${operations} writes and erases`);
  if (reads > READ_LIMIT) throw new PropertyViolation(`a boot made ${reads} reads`);
  checkStored(world);
  return { operations, reads };
}

/**
 * Compares the counters that the device stores with those that were confirmed. Once a confirmed image runs on a confirmed base,
 * its own are among them: a boot completes a confirm that was cut.
 * @throws PropertyViolation
 */
function checkStored(world: World): void {
  const counters = world.log.read()?.counters;
  if (counters === undefined) throw new PropertyViolation("the state sectors hold no finished record");
  world.truth.stored("root", counters[0] as number, counters[2] as number);
  world.truth.stored("runtime", counters[1] as number, counters[3] as number);
  for (const { pair, checked, isConfirmed } of world.running) {
    if (!isConfirmed) return;
    const isRaised = (counters[pair.image] as number) >= checked.securityCounter;
    if (!isRaised || (counters[2 + pair.image] as number) < checked.keyEpoch) {
      throw new PropertyViolation(`${checked.name} runs confirmed, and its counters are not stored`);
    }
  }
}

/** True when all that should run runs, and is confirmed for good. */
export function isSettled({ running, options }: World): boolean {
  return running.length === (options.hasRoot ? 2 : 1) && running.every(({ isConfirmed }) => isConfirmed);
}

/** A device that starts and can never be updated again is lost as well. */
function requireUpdatable(world: World, { next }: Scenario): void {
  // A request that was torn may be read only now, and costs its tries.
  bootUntilSettled(world);
  world.upload("runtime", next);
  bootWithinBudget(world);
  if (world.running.at(-1)?.checked !== next) throw new PropertyViolation("the next update was not tested");
  world.confirm();
  bootWithinBudget(world);
  const runtime = world.running.at(-1);
  if (runtime?.checked !== next || runtime.kind !== "confirmed") {
    throw new PropertyViolation("the next update did not start after it was confirmed");
  }
}
