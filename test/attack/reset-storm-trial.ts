/** A runtime that resets its device to wear its crash log, over simulated years. */
import { CrashLog } from "../../bootloader/log/crash-log.ts";
import { FREE_RESETS, SETTLED_UPTIME, stormWait } from "../../bootloader/log/reset-storm.ts";
import { chipArea } from "../powerfail/chip-area.ts";
import { NorChip } from "../powerfail/nor-chip.ts";

/** Blocks as on both boards, and what NOR flash is good for. */
const BLOCK_BYTE_LENGTH = 262_144;
const ERASES_OF_A_BLOCK = 100_000;
const YEAR = 365.25 * 24 * 3_600_000;
/** Erases that are waited for; the rest is more of the same. */
const ERASES = 8;

/** When a runtime asks for its reset: milliseconds from its start. */
export type Plan = (streak: number) => number;

/** Plans of an attacker: the last two spend what is free, and then what pays best. */
export const PLANS: Readonly<Record<string, Plan>> = Object.freeze({
  "at once": () => 0,
  "after all that is free": (streak) => (streak >= FREE_RESETS ? SETTLED_UPTIME : 0),
  "before it has to wait": (streak) => (streak >= FREE_RESETS - 1 ? SETTLED_UPTIME : 0),
  "after a few": (streak) => (streak >= 4 ? SETTLED_UPTIME : 0),
});

/** Years until both blocks of the log are worn out; a boot itself is taken to last no time at all. */
export function yearsToWear(plan: Plan): number {
  const chip = new NorChip({ unit: 4, blocks: [BLOCK_BYTE_LENGTH, BLOCK_BYTE_LENGTH] }, 1);
  new CrashLog(chipArea(chip, 0, 2)).format();
  let milliseconds = 0;
  let key = 0;
  for (;;) {
    chip.powerUp();
    const log = new CrashLog(chipArea(chip, 0, 2));
    log.startBoot();
    if (log.erases > ERASES) return (milliseconds / YEAR / (log.erases - 1)) * 2 * ERASES_OF_A_BLOCK;
    const wait = stormWait(log.streak);
    const uptime = Math.max(wait, plan(log.streak));
    key = spend(log, key);
    milliseconds += uptime;
    log.prepareReset("requested", uptime >= SETTLED_UPTIME);
  }
}

/** All changes that a runtime can bring about in one boot: records, repeats that double, reading what is pending, and two faults. */
function spend(log: CrashLog, key: number): number {
  const append = (reporter: "root" | "runtime", fingerprint: number): boolean =>
    log.append({ reporter, fingerprint, encode: () => new Uint8Array(64) }) !== undefined;
  append("root", 1);
  append("root", 2);
  let next = key;
  while (append("runtime", next)) next += 1;
  for (let known = key; known < next; known += 1) {
    for (let repeats = 0; repeats < 300; repeats += 1) append("runtime", known);
    log.read(0);
  }
  for (let reading = 0; reading < 10; reading += 1) {
    append("runtime", next - 1);
    log.read(0);
  }
  log.acknowledge(log.bootCount * 1000);
  return next;
}
