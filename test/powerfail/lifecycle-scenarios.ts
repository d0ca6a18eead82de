/** What device secret and lifecycle go through when power fails, as `scenarios.ts` has it for slots. */
import type { DeviceLifecycle } from "../../protocol/eat/lifecycle.ts";
import type { Verdict } from "./judge.ts";
import { type LifecycleWork, LifecycleWorld } from "./lifecycle-world.ts";
import type { Trial, TrialStep } from "./scenario-run.ts";
import { PropertyViolation } from "./truth.ts";

/** Most writes and erases of one boot: a first record in both blocks, settled, and a secret. */
const OPERATION_LIMIT = 20;
/** Most reads of one boot. */
const READ_LIMIT = 160;
/** Boots after the cuts, none of them cut: cells in doubt read otherwise in each. */
const JUDGED_BOOTS = 4;
const LIFECYCLES: readonly DeviceLifecycle[] = ["blank", "provisioned", "secured", "decommissioned"];

type Step = TrialStep<LifecycleWorld>;

const boot: Step = { name: "boot", run: (world) => world.boot() };
const advance = (to: DeviceLifecycle): Step => ({
  name: `advance to ${to}`,
  run: (world) => world.perform({ kind: "advance", to }),
});
const store = (sequence: number): Step => ({
  name: `store file ${sequence}`,
  run: (world) => world.perform({ kind: "store", sequence }),
});
const clear = (sequence?: number): Step => ({
  name: sequence === undefined ? "clear" : `revoke up to ${sequence}`,
  run: (world) => world.perform({ kind: "clear", ...(sequence === undefined ? {} : { sequence }) }),
});
const untouched = (step: Step): Step => ({ ...step, isAtomic: true });

interface LifecycleScenario {
  readonly name: string;
  /** What is at stake. */
  readonly about: string;
  readonly steps: readonly Step[];
}

const SCENARIOS: readonly LifecycleScenario[] = [
  {
    name: "first-secret",
    about: "flash from the factory gets a lifecycle and a secret at its first boot, the same for ever",
    steps: [boot, boot],
  },
  {
    name: "lifecycle",
    about: "a device goes forward and never back",
    steps: [untouched(boot), advance("provisioned"), boot, advance("secured"), boot],
  },
  {
    name: "capability-file",
    about: "a file is stored, replaced and revoked; none of them comes back",
    steps: [
      ...[boot, advance("provisioned"), advance("secured")].map(untouched),
      store(3),
      boot,
      store(4),
      boot,
      clear(),
      boot,
      clear(9),
      boot,
    ],
  },
  {
    name: "decommission",
    about: "the secret of a decommissioned device is gone, and no other is made",
    steps: [
      ...[boot, advance("provisioned"), advance("secured"), store(5)].map(untouched),
      advance("decommissioned"),
      boot,
      boot,
    ],
  },
];

/** All scenarios of device secret and lifecycle. */
export const LIFECYCLE_SCENARIOS: readonly Trial<LifecycleWorld>[] = SCENARIOS.map(({ name, steps }) => ({
  name,
  steps,
  furtherTries: 0,
  create: (unit, seed) => new LifecycleWorld(unit, seed),
  judge: judgeLifecycle,
}));

/** Boots the device, undisturbed from now on: it tells the same each time, and can go all the way. @throws PropertyViolation */
export function judgeLifecycle(world: LifecycleWorld, isLong: boolean): Verdict {
  let operations = 0;
  let reads = 0;
  for (let boots = 0; boots < JUDGED_BOOTS; boots += 1) {
    const work = bootLifecycle(world);
    operations = Math.max(operations, work.operations);
    reads = Math.max(reads, work.reads);
  }
  if (isLong) goAllTheWay(world);
  return { boots: 0, operations, reads };
}

function goAllTheWay(world: LifecycleWorld): void {
  const { lifecycle, floor } = world.model;
  if (lifecycle !== "decommissioned") {
    world.perform({ kind: "store", sequence: floor });
    world.perform({ kind: "clear", sequence: floor + 1 });
  }
  for (const to of LIFECYCLES.slice(LIFECYCLES.indexOf(lifecycle) + 1)) {
    world.perform({ kind: "advance", to });
    bootLifecycle(world);
  }
  if (bootLifecycle(world).operations > 0) throw new PropertyViolation("a device at rest writes when it boots");
}

/** One boot without a cut. @throws PropertyViolation when it does too much, or finds what cannot be */
export function bootLifecycle(world: LifecycleWorld): LifecycleWork {
  world.boot();
  const { work } = world;
  if (work.operations > OPERATION_LIMIT) {
    throw new PropertyViolation(`a boot made ${work.operations} writes and erases`);
  }
  if (work.reads > READ_LIMIT) throw new PropertyViolation(`a boot made ${work.reads} reads`);
  return work;
}
