/** Rules of device secret and lifecycle taken away in turn, as changes of their source; trials must notice each. */
import type { LifecycleTrialOptions } from "./lifecycle-trials.ts";
import type { WeakenedRule } from "./weakenings.ts";

const store = "bootloader/lifecycle/device-secret-store.ts";
const pair = "bootloader/lifecycle/record-pair.ts";
const block = "bootloader/lifecycle/record-block.ts";
const boot = "bootloader/lifecycle/lifecycle-boot.ts";

/** A rule, and what shows that it is missing. */
export interface WeakenedLifecycleRule extends Pick<WeakenedRule, "rule" | "changes"> {
  readonly trials: Omit<LifecycleTrialOptions, "unit" | "seed">;
}

const SECRET_CUTS = { scenarios: ["first-secret"], pairStride: 0, lives: 0 };
const SECRET_PAIRS = { scenarios: ["first-secret"], pairStride: 7, lives: 0 };
const LIVES = { scenarios: [], pairStride: 0, lives: 2000 };

/**
 * The table. That a proven record is never void is not in it: here the next boot writes what was void anew, and so hides it. The
 * state sectors, which follow the same rule, show it.
 */
export const WEAKENED_LIFECYCLE_RULES: readonly WeakenedLifecycleRule[] = [
  {
    rule: "a place is marked before its record is written",
    trials: SECRET_CUTS,
    changes: [{ path: store, find: "      writeMark(this.#flash, begun, this.#mark) &&\n", replace: "" }],
  },
  {
    rule: "a secret is sealed after it was written",
    trials: SECRET_CUTS,
    changes: [
      {
        path: store,
        find: "      tryWrite(this.#flash, record, this.#recordAt(place)) &&\n      this.#holds(place, record) &&\n      writeMark(this.#flash, begun + this.#mark, this.#mark) &&\n",
        replace:
          "      writeMark(this.#flash, begun + this.#mark, this.#mark) &&\n      tryWrite(this.#flash, record, this.#recordAt(place)) &&\n      this.#holds(place, record) &&\n",
      },
    ],
  },
  {
    rule: "a secret that only reads as sealed is written again before it is used",
    trials: SECRET_CUTS,
    changes: [
      {
        path: store,
        find: "    if (!isProven && free < PLACES) this.#append(KIND_SECRET, secret, free);\n",
        replace: "",
      },
    ],
  },
  {
    rule: "a seal is for good only with its proof",
    trials: SECRET_CUTS,
    changes: [{ path: store, find: 'isProven = proof === "exact";', replace: "isProven = isSealed;" }],
  },
  {
    rule: "the last of two sealed secrets counts",
    trials: SECRET_CUTS,
    changes: [
      {
        path: store,
        find: "if (!isSealed && !isImpossible) continue;",
        replace: "if (place >= 0 || (!isSealed && !isImpossible)) continue;",
      },
    ],
  },
  {
    rule: "a power cycle has one reading of the device secret",
    trials: SECRET_PAIRS,
    changes: [{ path: store, find: "this.#reading ??= this.#look();", replace: "this.#reading = this.#look();" }],
  },
  {
    rule: "a decommissioned device destroys its secret until that is done",
    trials: { scenarios: ["decommission"], pairStride: 0, lives: 0 },
    changes: [
      {
        path: boot,
        find: "    store.destroy();\n",
        replace: '    if (store.state() === "present") store.destroy();\n',
      },
    ],
  },
  {
    rule: "a record is sealed after it was written",
    trials: LIVES,
    changes: [
      {
        path: block,
        find: "      tryWrite(this.#flash, this.#encode(sequence, payload), this.#start) &&\n      this.open() !== undefined &&\n      this.#seal.prove()\n",
        replace:
          "      this.#seal.prove() &&\n      tryWrite(this.#flash, this.#encode(sequence, payload), this.#start) &&\n      this.open() !== undefined\n",
      },
    ],
  },
  {
    rule: "what is told of the lifecycle is proven first",
    trials: LIVES,
    changes: [
      {
        path: pair,
        find: "return seal.isProven || block.prove();",
        replace: "return seal.isSet || block.prove();",
      },
    ],
  },
  {
    rule: "an unfinished record is void before another is written",
    trials: LIVES,
    changes: [
      { path: pair, find: "    older.block.voidUpTo(newer.sequence - older.sequence);\n", replace: "" },
      { path: pair, find: "active.sequence + active.block.readVoid().touched + 1", replace: "active.sequence + 1" },
    ],
  },
];
