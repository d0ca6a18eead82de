import { describe, expect, it } from "vitest";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import { CrashLog, LOG_QUOTAS, type NewFailure, type StoredFailure } from "./crash-log.ts";
import type { LogQuotas, Reporter } from "./log-state.ts";

const SMALL: LogQuotas = Object.freeze({ root: 2, runtime: 4, recordByteLimit: 64 });
const BOARD_BLOCK = 262_144;

function prepared({ quotas = SMALL, block = 4096, unit = 4 } = {}) {
  const chip = new NorChip({ unit, blocks: [block, block] }, 1);
  const area = chipArea(chip, 0, 2);
  const open = (): CrashLog => {
    chip.powerUp();
    const log = new CrashLog(area, quotas);
    log.startBoot();
    return log;
  };
  new CrashLog(area, quotas).format();
  return { chip, area, open };
}

const failure = (reporter: Reporter, fingerprint: number): NewFailure => ({
  reporter,
  fingerprint,
  encode: (sequence, bootCount) => Uint8Array.of(sequence, bootCount, fingerprint),
});

function all(log: CrashLog, withDelivered = true): StoredFailure[] {
  const found: StoredFailure[] = [];
  for (let after = 0; ; ) {
    const next = log.read(after, withDelivered);
    if (next === undefined) return found;
    found.push(next);
    after = next.sequence;
  }
}

const sequences = (log: CrashLog, reporter: Reporter): number[] =>
  all(log).flatMap((found) => (found.reporter === reporter ? [found.sequence] : []));

const code = (expected: string) => expect.objectContaining({ name: "LogError", code: expected });

describe("CrashLog", () => {
  it("counts boots, and tells the reason of the last reset once", () => {
    const { open } = prepared();
    open().prepareReset("update");
    const log = open();
    expect([log.bootCount, log.lastReset]).toEqual([2, "update"]);
    expect(open().lastReset).toBe("power-on");
    for (let boot = 4; boot < 200; boot += 1) expect(open().bootCount).toBe(boot);
  });

  it.each([4, 8, 16])("keeps records through many blocks, with units of %i bytes", (unit) => {
    const { open } = prepared({ unit, block: 8192 });
    const log = open();
    expect(log.append(failure("runtime", 7))).toBe(1);
    expect(log.append(failure("runtime", 7))).toBe(1);
    expect(log.append(failure("root", 7))).toBe(2);
    for (let boot = 2; boot < 100; boot += 1) {
      expect(all(open())).toEqual([
        { sequence: 1, repeats: 1, reporter: "runtime", isAcknowledged: false, record: Uint8Array.of(1, 1, 7) },
        { sequence: 2, repeats: 0, reporter: "root", isAcknowledged: false, record: Uint8Array.of(2, 1, 7) },
      ]);
    }
  });

  it("tells nothing before a boot was started", () => {
    const log = new CrashLog(prepared().area, SMALL);
    for (const call of [
      () => log.bootCount,
      () => log.lastReset,
      () => log.dropped("root"),
      () => log.read(0),
      () => log.append(failure("root", 1)),
      () => log.acknowledge(1),
      () => log.prepareReset("fault"),
    ]) {
      expect(call).toThrow(code("log-closed"));
    }
  });

  it("is made once", () => {
    const { area } = prepared();
    expect(() => new CrashLog(area, SMALL).format()).toThrow(code("log-exists"));
    const empty = new NorChip({ unit: 4, blocks: [4096, 4096] }, 1);
    expect(() => new CrashLog(chipArea(empty, 0, 2), SMALL).startBoot()).toThrow(code("log-missing"));
  });

  it("of other quotas is another log", () => {
    const { area } = prepared();
    expect(() => new CrashLog(area, { ...SMALL, root: 1 }).startBoot()).toThrow(code("log-missing"));
  });

  it.each([
    ["one block", [4096]],
    ["blocks without room", [1024, 1024]],
  ])("refuses %s", (_name, blocks) => {
    const chip = new NorChip({ unit: 4, blocks }, 1);
    expect(() => new CrashLog(chipArea(chip, 0, blocks.length), SMALL)).toThrow(code("log-geometry"));
  });

  it("refuses a record that is too long, and is none the worse for it", () => {
    const { open } = prepared();
    const log = open();
    const long = { ...failure("root", 1), encode: () => new Uint8Array(65) };
    expect(() => log.append(long)).toThrow(RangeError);
    expect(log.append(failure("root", 1))).toBe(1);
    expect(sequences(open(), "root")).toEqual([1]);
  });
});

describe("reporters", () => {
  it("do not push out each other's records", () => {
    const { open } = prepared();
    open().append(failure("root", 1));
    for (let key = 0; key < 100; key += 1) open().append(failure("runtime", key));
    expect(sequences(open(), "root")).toEqual([1]);
    const { open: other } = prepared();
    other().append(failure("runtime", 1));
    for (let key = 0; key < 100; key += 1) other().append(failure("root", key));
    expect(sequences(other(), "runtime")).toEqual([1]);
  });

  it("do not count each other's failures", () => {
    const log = prepared().open();
    log.append(failure("root", 5));
    log.append(failure("runtime", 5));
    expect(all(log).map(({ reporter, repeats }) => [reporter, repeats])).toEqual([
      ["root", 0],
      ["runtime", 0],
    ]);
  });

  it("keep the older half of their records, and the newest", () => {
    const log = prepared().open();
    for (let key = 0; key < 10; key += 1) log.append(failure("runtime", key));
    expect(sequences(log, "runtime")).toEqual([1, 2, 9, 10]);
  });
});

describe("a hostile runtime", () => {
  it("cannot erase a record of the root of trust: not by its word, not by a flood, not by both in every boot", () => {
    const { open } = prepared();
    open().append(failure("root", 1));
    for (let boot = 0; boot < 50; boot += 1) {
      const log = open();
      all(log);
      log.acknowledge(0xffffffff);
      for (let key = 0; key < 50; key += 1) log.append(failure("runtime", boot * 50 + key));
      // It fails in ways that the root of trust records, each new.
      log.append(failure("root", 1000 + boot));
    }
    expect(all(open())[0]).toMatchObject({ sequence: 1, reporter: "root", record: Uint8Array.of(1, 1, 1) });
  });

  it("cannot mark what it has not read, nor what has happened again since", () => {
    const { open } = prepared();
    const log = open();
    log.append(failure("root", 1));
    log.acknowledge(0xffffffff);
    expect(all(log, false)).toHaveLength(1);
    log.append(failure("root", 1));
    log.acknowledge(0xffffffff);
    expect(all(log, false)).toHaveLength(1);
    log.acknowledge(0xffffffff);
    expect(all(log, false)).toHaveLength(0);
    expect(all(open())[0]).toMatchObject({ isAcknowledged: true, repeats: 1 });
  });

  it("writes flash a bounded number of times in one boot, whatever it calls", () => {
    const { chip, open } = prepared({ quotas: LOG_QUOTAS, block: BOARD_BLOCK });
    const log = open();
    chip.plan(undefined);
    for (let round = 0; round < 2000; round += 1) {
      log.append(failure("runtime", round));
      log.append(failure("runtime", round % 7));
      log.read(0);
      log.acknowledge(0xffffffff);
    }
    expect(chip.operations.length).toBeLessThan(300);
    expect(chip.operations.filter(({ kind }) => kind === "erase").length).toBeLessThanOrEqual(1);
    expect(log.dropped("runtime")).toBeGreaterThan(1900);
    expect(log.append(failure("root", 1))).toBeGreaterThan(0);
  });
});

describe("a storm", () => {
  it("of 10,000 crashes leaves the first, a right count, and few writes", () => {
    const { chip, open } = prepared({ quotas: LOG_QUOTAS, block: BOARD_BLOCK });
    const log = open();
    chip.plan(undefined);
    for (let crash = 0; crash < 10_000; crash += 1) expect(log.append(failure("runtime", 7))).toBe(1);
    expect(chip.operations.length).toBeLessThan(200);
    expect(chip.operations.filter(({ kind }) => kind === "erase")).toEqual([]);
    expect(all(log)).toEqual([expect.objectContaining({ sequence: 1, repeats: 9999, record: Uint8Array.of(1, 1, 7) })]);
    // Reading brought flash up to date.
    expect(all(open())[0]).toMatchObject({ repeats: 9999 });
  });

  it("is counted to the end when a reset is prepared, and to the last doubling when power fails", () => {
    const crash = (log: CrashLog): void => {
      for (let time = 0; time < 10_000; time += 1) log.append(failure("runtime", 7));
    };
    const cut = prepared({ quotas: LOG_QUOTAS, block: BOARD_BLOCK });
    crash(cut.open());
    expect(all(cut.open())[0]).toMatchObject({ repeats: 8192 });
    const prepare = prepared({ quotas: LOG_QUOTAS, block: BOARD_BLOCK });
    const log = prepare.open();
    crash(log);
    log.prepareReset("watchdog");
    expect(all(prepare.open())[0]).toMatchObject({ repeats: 9999 });
  });

  it("of crashes that each reset the device is counted one by one", () => {
    const { chip, open } = prepared({ quotas: LOG_QUOTAS, block: BOARD_BLOCK });
    let erases = 0;
    for (let crash = 0; crash < 1000; crash += 1) {
      const log = open();
      log.append(failure("root", 7));
      log.prepareReset("fault");
      erases += chip.operations.filter(({ kind }) => kind === "erase").length;
    }
    expect(all(open())[0]).toMatchObject({ repeats: 999 });
    expect(erases).toBeLessThan(20);
  });
});

describe("delivery", () => {
  it("by the service's word frees records, of the root of trust too", () => {
    const { open } = prepared();
    const log = open();
    log.append(failure("root", 1));
    log.append(failure("runtime", 1));
    all(log);
    log.acknowledge(1, "service");
    expect(all(log).map(({ sequence }) => sequence)).toEqual([2]);
    expect(all(open()).map(({ sequence }) => sequence)).toEqual([2]);
  });

  it("by the runtime's word makes its own records give way first", () => {
    const log = prepared().open();
    for (let key = 0; key < 4; key += 1) log.append(failure("runtime", key));
    all(log);
    log.acknowledge(2);
    for (let key = 4; key < 7; key += 1) log.append(failure("runtime", key));
    expect(sequences(log, "runtime")).toEqual([3, 4, 6, 7]);
  });

  it("ends a failure: what comes again is new, and tells its own count", () => {
    const { open } = prepared();
    const log = open();
    log.append(failure("runtime", 1));
    all(log);
    log.acknowledge(1);
    expect(log.append(failure("runtime", 1))).toBe(2);
    expect(all(open(), false)).toEqual([expect.objectContaining({ sequence: 2, repeats: 0 })]);
  });
});

describe("failing flash", () => {
  it("makes a change fail, and leaves what was there", () => {
    const { area, open } = prepared();
    const log = open();
    log.append(failure("root", 1));
    const { write } = area;
    area.write = () => {
      throw Object.assign(new Error("worn"), { code: "write-failed" });
    };
    expect(() => log.append(failure("root", 2))).toThrow(code("log-worn"));
    area.write = write;
    expect(sequences(log, "root")).toEqual([1]);
    expect(sequences(open(), "root")).toEqual([1]);
  });

  it("that takes no other block is found out only when the reserve is used up", () => {
    const { area, open } = prepared();
    open();
    area.eraseBlock = () => {
      throw Object.assign(new Error("worn"), { code: "erase-failed" });
    };
    let boots = 0;
    expect(() => {
      for (; boots < 100; boots += 1) open();
    }).toThrow(code("log-worn"));
    expect(boots).toBeGreaterThan(8);
  });

  it("of one cell costs the newest change at most", () => {
    const { chip, open } = prepared();
    open().append(failure("root", 1));
    const before = chip.snapshot();
    let last = chip.high.length - 1;
    while (chip.high[last] === 0xff) last -= 1;
    for (let bit = 1; bit < 0x100; bit <<= 1) {
      for (let at = last - 130; at < last - 80; at += 1) {
        chip.restore(before);
        chip.preset(Uint8Array.of((chip.high[at] as number) ^ bit), at);
        const log = open();
        expect(log.bootCount).toBeGreaterThan(0);
        expect(log.bootCount).toBeLessThanOrEqual(2);
      }
    }
  });

  it("hides no mistake of a program", () => {
    const { area, open } = prepared();
    const log = open();
    area.write = () => {
      throw new TypeError("no function");
    };
    expect(() => log.append(failure("root", 2))).toThrow(TypeError);
  });
});
