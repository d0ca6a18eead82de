/** Every rule of the slot code taken away in turn, as a change of its source, with the scenarios that must notice. */
import type { Weakening } from "../../host-tools/powerfail/simulator.ts";

/** One rule, of the slots or of the crash log, and the change that breaks it. */
export interface WeakenedRule {
  /** The rule, as a sentence that is now wrong. */
  readonly rule: string;
  readonly scenarios: readonly string[];
  /** True when single cuts do not show it: then pairs, or lives for as long as it takes. */
  readonly needsPairs?: boolean;
  /** One with which lives show it soon; others take longer. */
  readonly seed?: number;
  readonly changes: readonly Omit<Weakening, "rule">[];
}

const confirm = "bootloader/slots/confirm.ts";
const upload = "bootloader/slots/image-upload.ts";
const start = "bootloader/slots/start-image.ts";
const slotClass = "bootloader/slots/slot-class.ts";
const pair = "bootloader/slots/slot-pair.ts";
const flag = "bootloader/marks/proven-flag.ts";
const log = "bootloader/counters/counter-log.ts";
const sector = "bootloader/counters/state-sector.ts";

/** The table; `replace` is what a hurried change could have written. */
export const WEAKENED_RULES: readonly WeakenedRule[] = [
  {
    rule: "the first unit of the header is written last",
    scenarios: ["update"],
    changes: [
      { path: upload, find: "if (this.#offset < unit) {", replace: "if (unit === 0) {" },
      {
        path: upload,
        find: 'if (!this.#slot.writeHeader(this.#first)) throw failed("a write of the header");',
        replace: "",
      },
    ],
  },
  {
    rule: "an erase is announced before it begins",
    scenarios: ["overwrite-confirmed"],
    changes: [{ path: upload, find: "    log.raise(counter, begun);\n", replace: "" }],
  },
  {
    rule: "an erase counts as complete only after its last block",
    scenarios: ["overwrite-confirmed"],
    changes: [
      { path: upload, find: "    log.raise(counter, begun + 1);\n", replace: "" },
      {
        path: upload,
        find: "    log.raise(counter, begun);\n",
        replace: "    log.raise(counter, begun);\n    log.raise(counter, begun + 1);\n",
      },
    ],
  },
  {
    rule: "a slot whose erase was not finished starts nothing",
    scenarios: ["overwrite-confirmed"],
    changes: [{ path: slotClass, find: 'if (view.isErasing) return "erasing";', replace: "" }],
  },
  {
    rule: "a torn copy_done counts as set",
    scenarios: ["update"],
    changes: [
      {
        path: slotClass,
        find: 'if (tries[index] === "erased") return true;',
        replace: 'if (tries[index] !== "exact") return true;',
      },
      {
        path: start,
        find: 'if (kind === "test" && !pair[slot].markTry(tryLimit)) {',
        replace: 'if (kind === "test" && !pair[slot].markTry(tryLimit) && tryLimit === 0) {',
      },
    ],
  },
  {
    rule: "a try is counted before the image starts",
    scenarios: ["revert"],
    changes: [
      {
        path: start,
        find: 'if (kind === "test" && !pair[slot].markTry(tryLimit)) {',
        replace: "if (tryLimit === 0) {",
      },
    ],
  },
  {
    rule: "no more tries than the product grants",
    scenarios: ["three-tries"],
    changes: [
      { path: slotClass, find: "index < tryLimit && index < tries.length", replace: "index < tries.length" },
      { path: start, find: "!pair[slot].markTry(tryLimit)) {", replace: "!pair[slot].markTry(8)) {" },
    ],
  },
  {
    rule: "the counter is raised after image_ok",
    scenarios: ["counter-raise"],
    changes: [
      { path: confirm, find: "  for (const started of ordered) raiseFloor(started, log);\n", replace: "" },
      {
        path: confirm,
        find: "    log.select(pair.image, slot);\n  }",
        replace: "    log.select(pair.image, slot);\n  }\n  for (const started of ordered) raiseFloor(started, log);",
      },
    ],
  },
  {
    rule: "the counter is raised on image_ok that is proven, not on one that reads well",
    scenarios: ["counter-raise"],
    changes: [
      { path: flag, find: "if (this.read().isProven) return true;", replace: "if (this.read().isSet) return true;" },
    ],
  },
  {
    rule: "a proof is written only after a mark of the same power cycle",
    scenarios: ["counter-raise"],
    needsPairs: true,
    changes: [
      {
        path: flag,
        find: "if (writeMark(this.#flash, mark, this.#byteLength) && writeMark",
        replace:
          'if ((readMark(this.#flash, mark, this.#byteLength) === "exact" || writeMark(this.#flash, mark, this.#byteLength)) && writeMark',
      },
    ],
  },
  {
    rule: "a test raises no counter",
    scenarios: ["counter-raise"],
    changes: [
      { path: start, find: "if (isConfirmed && options.isBaseConfirmed &&", replace: "if (options.isBaseConfirmed &&" },
    ],
  },
  {
    rule: "a boot completes a confirm that was cut",
    scenarios: ["counter-raise"],
    changes: [
      {
        path: start,
        find: "!isRaised(started, state)) helps",
        replace: "!isRaised(started, state) && tryLimit === 0) helps",
      },
    ],
  },
  {
    rule: "nothing below the counter or under a revoked key is taken",
    scenarios: ["rollback-refused"],
    changes: [
      {
        path: pair,
        find: "securityCounter: state.counters[securityCounter(image)] as number,",
        replace: "securityCounter: 0,",
      },
      { path: pair, find: "keyEpoch: state.counters[keyEpochCounter(image)] as number,", replace: "keyEpoch: 0," },
    ],
  },
  {
    rule: "the slot that is confirmed is selected",
    scenarios: ["downgrade"],
    changes: [{ path: confirm, find: "    log.select(pair.image, slot);\n  }", replace: "  }" }],
  },
  {
    rule: "a selection prefers among confirmed slots only",
    scenarios: ["update", "downgrade", "revert"],
    changes: [
      {
        path: slotClass,
        find: 'if (view.confirm.isSet) return "confirmed";',
        replace: 'if (view.confirm.isSet || view.magic === "exact") return "confirmed";',
      },
    ],
  },
  {
    rule: "an image on trial may not overwrite the one that it replaces",
    scenarios: ["fallback-kept"],
    changes: [{ path: upload, find: "    this.#requireConfirmed();\n", replace: "" }],
  },
  {
    rule: "an upload cancels the selection of the slot that it overwrites",
    scenarios: ["upload-over-selection"],
    changes: [{ path: upload, find: "    log.select(pair.image, otherSlot(this.target));\n", replace: "" }],
  },
  {
    rule: "a root of trust is exchanged by a test only",
    scenarios: ["root-selection"],
    changes: [
      {
        path: confirm,
        find: "  if (isBase && ",
        replace: "  if (!isBase && ",
      },
    ],
  },
  {
    rule: "a confirm makes the slot's erase count final",
    scenarios: ["upload-over-request"],
    changes: [
      {
        path: confirm,
        find: "    if (!pair[slot].read().confirm.isProven) vouchForSlot(pair, slot, log);\n",
        replace: "",
      },
    ],
  },
  {
    rule: "dependents are confirmed before what they depend on",
    scenarios: ["root-and-runtime"],
    changes: [
      {
        path: confirm,
        find: "right.pair.image - left.pair.image",
        replace: "left.pair.image - right.pair.image",
      },
    ],
  },
  {
    rule: "no counter is raised while the root of trust is on trial",
    scenarios: ["root-tested-again"],
    changes: [{ path: start, find: "if (isConfirmed && options.isBaseConfirmed &&", replace: "if (isConfirmed &&" }],
  },
  {
    rule: "a root of trust on trial starts no last resort",
    scenarios: ["root-and-runtime"],
    changes: [
      { path: start, find: 'if (kind === "spare" && !options.isBaseConfirmed) {', replace: "if (tryLimit === 0) {" },
    ],
  },
  {
    rule: "a root of trust starts no runtime that is too old for it",
    scenarios: ["root-and-runtime"],
    changes: [
      {
        path: start,
        find: "if (minimumVersion !== undefined && compare",
        replace: "if (minimumVersion === null && compare",
      },
    ],
  },
  {
    rule: "a new state record goes into the other sector",
    scenarios: ["counter-leap"],
    changes: [
      {
        path: log,
        find: "this.#replace(active.sector === first ? second : first, {",
        replace: "this.#replace(active.sector === first ? first : second, {",
      },
    ],
  },
  {
    rule: "a boot settles what a cut left of a state record before it decides",
    scenarios: ["select"],
    changes: [
      {
        path: start,
        find: "if (state.isSettled || !helps(() => log.settle())) return state;",
        replace: "return state;",
      },
    ],
  },
  {
    rule: "a state record counts only when it is sealed",
    scenarios: ["counter-leap", "select"],
    changes: [
      { path: sector, find: "seal: summarizeFlag(", replace: "seal: sealed(" },
      {
        path: sector,
        find: "/** One of the two state sectors",
        replace:
          "const sealed = (_: unknown): FlagReading => ({ isSet: true, isProven: true });\n/** One of the two state sectors",
      },
    ],
  },
  {
    rule: "a state record is proven before something is written beside it",
    scenarios: ["lives"],
    needsPairs: true,
    seed: 12,
    changes: [{ path: log, find: "return seal.isProven || sector.prove();", replace: "return seal.isSet;" }],
  },
  {
    rule: "an unfinished state record is void before its predecessor is written to",
    scenarios: ["lives"],
    needsPairs: true,
    seed: 10,
    changes: [{ path: log, find: "    this.#void(older, newer);\n", replace: "" }],
  },
];
