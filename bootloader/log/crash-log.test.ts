import { describe, expect, it } from "vitest";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import { CrashLog } from "./crash-log.ts";

const quotas = { root: 2, runtime: 4, recordByteLimit: 64 };
function prepared(blockLength = 4096, unit = 4) {
  const chip = new NorChip({ unit, blocks: [blockLength, blockLength] }, 1);
  const open = () => {
    chip.powerUp();
    const log = new CrashLog(chipArea(chip, 0, 2), quotas);
    log.startBoot();
    return log;
  };
  new CrashLog(chipArea(chip, 0, 2), quotas).format();
  return { chip, open };
}
const failure = (reporter: "root" | "runtime", fingerprint: number) => ({
  reporter,
  fingerprint,
  encode: (sequence: number, bootCount: number) => Uint8Array.of(sequence, bootCount, fingerprint),
});

describe("CrashLog", () => {
  it("counts boots and tells the reason of the last reset once", () => {
    const { open } = prepared();
    open().prepareReset("update");
    const log = open();
    expect([log.bootCount, log.lastReset]).toEqual([2, "update"]);
    expect(open().lastReset).toBe("power-on");
    for (let boot = 4; boot < 200; boot += 1) expect(open().bootCount).toBe(boot);
  });
  it("keeps records", () => {
    const { open } = prepared();
    const log = open();
    expect(log.append(failure("runtime", 7))).toBe(1);
    expect(log.append(failure("runtime", 7))).toBe(1);
    expect(log.append(failure("root", 7))).toBe(2);
    for (let boot = 2; boot < 200; boot += 1) {
      expect(open().read(0)).toEqual({
        sequence: 1,
        repeats: 1,
        reporter: "runtime",
        isAcknowledged: false,
        record: Uint8Array.of(1, 1, 7),
      });
    }
    expect(open().read(1)).toMatchObject({ sequence: 2, record: Uint8Array.of(2, 1, 7) });
  });
});
