/** Every rule of the crash log taken away in turn, as `weakenings.ts` has it for slots. */
import type { WeakenedRule } from "./weakenings.ts";

const log = "bootloader/log/crash-log.ts";
const block = "bootloader/log/log-block.ts";
const state = "bootloader/log/log-state.ts";

/** The table; `replace` is what a hurried change could have written. */
export const WEAKENED_LOG_RULES: readonly WeakenedRule[] = [
  {
    rule: "a slot is begun before anything else of it is written",
    scenarios: ["log-append"],
    needsPairs: true,
    changes: [
      {
        path: block,
        find: "      writeMark(this.#flash, this.#beginPosition(slot), this.#mark) &&\n",
        replace: "",
      },
      {
        path: block,
        find: "      writeMark(this.#flash, position, this.#mark)\n",
        replace:
          "      writeMark(this.#flash, this.#beginPosition(slot), this.#mark) &&\n      writeMark(this.#flash, position, this.#mark)\n",
      },
    ],
  },
  {
    rule: "a slot is committed after all of it is written",
    scenarios: ["log-append"],
    changes: [
      {
        path: block,
        find: "      (record === undefined || this.putRecord(slot, record)) &&\n      tryWrite(this.#flash, state.encode(), position + this.#mark) &&\n      writeMark(this.#flash, position, this.#mark)\n",
        replace:
          "      tryWrite(this.#flash, state.encode(), position + this.#mark) &&\n      writeMark(this.#flash, position, this.#mark) &&\n      (record === undefined || this.putRecord(slot, record))\n",
      },
    ],
  },
  {
    rule: "a slot counts when it is committed, not when it reads well",
    scenarios: ["log-append", "log-rotate"],
    needsPairs: true,
    changes: [
      {
        path: block,
        find: '    if (readMark(this.#flash, position, this.#mark) !== "exact") return undefined;\n',
        replace: "",
      },
      {
        path: state,
        find: "return words[CHECKSUM] === state.#checksum() ? state : undefined;",
        replace: "return words[1] === 0xffffffff ? undefined : state;",
      },
    ],
  },
  {
    rule: "the end of what was begun is looked for from the end",
    scenarios: ["log-lives"],
    needsPairs: true,
    changes: [{ path: block, find: "Math.floor(marks.lastIndexOf(MARK_WORD) / stride) + 1", replace: "0" }],
  },
  {
    rule: "a boot writes what it found before it tells it",
    scenarios: ["log-append"],
    needsPairs: true,
    changes: [
      {
        path: log,
        find: "    this.#change((next) => {\n      next.startBoot();\n",
        replace:
          "    if (state.nextReset === undefined) state.startBoot();\n    else this.#change((next) => {\n      next.startBoot();\n",
      },
    ],
  },
  {
    rule: "a block that a cut left half made does not come back over what was written since",
    scenarios: ["log-half-made-late"],
    needsPairs: true,
    changes: [
      { path: log, find: "(other === undefined || other.slot < state.otherTail)", replace: "state.otherTail >= 0" },
    ],
  },
  {
    rule: "what a boot writes into a new block stands above what is in doubt in the old one",
    scenarios: ["log-half-made-late"],
    needsPairs: true,
    changes: [{ path: log, find: "      if (other !== undefined) state.otherTail = other.tail;\n", replace: "" }],
  },
  {
    rule: "a half made block is erased only after its predecessor has gone on",
    scenarios: ["log-half-made-late"],
    needsPairs: true,
    changes: [
      {
        path: log,
        find: "    if (this.#tail >= this.#block(this.#active).slots && !this.#compact()) throw worn();\n",
        replace:
          "    if (this.#tail >= this.#block(this.#active).slots - RESERVED_SLOTS && !this.#compact()) throw worn();\n",
      },
    ],
  },
  {
    rule: "another block is made in the other block",
    scenarios: ["log-rotate"],
    changes: [
      {
        path: log,
        find: "    const target = this.#block(1 - this.#active);\n",
        replace: "    const target = this.#block(this.#active);\n    this.#active = 1 - this.#active;\n",
      },
    ],
  },
  {
    rule: "a header that was cut is no header",
    scenarios: ["log-lives"],
    needsPairs: true,
    changes: [
      {
        path: block,
        find: "    if (header[3] !== checksum(header, 0, HEADER_WORDS - 1)) return undefined;\n",
        replace: "",
      },
    ],
  },
  {
    rule: "the runtime takes no place from the root of trust",
    scenarios: ["log-ring"],
    changes: [{ path: log, find: "      if (state.reporter(entry) !== reporter) continue;\n", replace: "" }],
  },
  {
    rule: "the runtime's word frees no record of the root of trust",
    scenarios: ["log-lives"],
    changes: [
      {
        path: log,
        find: 'reporter === "runtime" && delivered >= 0 ? delivered : middle',
        replace: "delivered >= 0 ? delivered : middle",
      },
    ],
  },
  {
    rule: "the first failures of a storm stay",
    scenarios: ["log-ring"],
    changes: [
      { path: log, find: "if (count === quota >> 1) middle = entry;", replace: "if (count === 0) middle = entry;" },
    ],
  },
  {
    rule: "a failure that was delivered and comes again is a new one",
    scenarios: ["log-acknowledge"],
    changes: [
      {
        path: state,
        find: "if (isSame && !this.isAcknowledged(entry)) return entry;",
        replace: "if (isSame) return entry;",
      },
    ],
  },
  {
    rule: "a reset reason is told once",
    scenarios: ["log-reset"],
    changes: [{ path: state, find: "(reasons & 0xff0000) |", replace: "(reasons & 0xff00ff) |" }],
  },
];
