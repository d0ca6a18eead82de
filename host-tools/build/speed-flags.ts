/** The few files in which speed is worth more than size, with the flags that measured best; all others are compiled for size. */
import type { Board } from "./board.ts";

/** Scheduling for a pipeline spills registers, of which neither core has many. */
const UNSCHEDULED = ["-O2", "-fno-schedule-insns", "-fno-schedule-insns2"];

interface SpeedRule {
  readonly file: RegExp;
  readonly flags: Readonly<Record<Board["cpu"]["arch"], readonly string[]>>;
}

/** Measured by `npm run bench`; each line says what it gains in guest instructions and costs in flash. */
const RULES: readonly SpeedRule[] = [
  // Verification of a signature: -29 % on Cortex-A7, -23 % on RV32, 3 to 5 KB.
  {
    file: /\/p256-m\.c$/,
    flags: { "armv7-a": [...UNSCHEDULED, "-funroll-loops"], rv32imac: [...UNSCHEDULED, "-funroll-loops"] },
  },
  // TypeScript: -13 to -17 % on RV32, 2 KB. On Cortex-A7 -O2 makes the interpreter slower.
  { file: /\/xsRun\.c$/, flags: { "armv7-a": [], rv32imac: ["-O2"] } },
];

/** Flags to put behind those of a source file. */
export function speedFlags(source: string, { cpu }: Board): readonly string[] {
  return RULES.find(({ file }) => file.test(source))?.flags[cpu.arch] ?? [];
}
