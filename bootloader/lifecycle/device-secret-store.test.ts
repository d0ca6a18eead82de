import { describe, expect, it } from "vitest";
import { toHex } from "../../protocol/image/bytes.ts";
import { chipArea } from "../../test/powerfail/chip-area.ts";
import { PowerCut } from "../../test/powerfail/flash-errors.ts";
import { NorChip } from "../../test/powerfail/nor-chip.ts";
import type { ReadMode } from "../../test/powerfail/tears.ts";
import { DeviceSecretStore } from "./device-secret-store.ts";

const BLOCK = 2048;
const code = (expected: string) => expect.objectContaining({ name: "LifecycleError", code: expected });
const secretOf = (seed: number) => Uint8Array.from({ length: 32 }, (_, index) => (seed * 37 + index * 11) & 0xff);

function prepared(unit = 8) {
  const chip = new NorChip({ unit, blocks: [BLOCK] }, 1);
  const open = () => new DeviceSecretStore(chipArea(chip, 0, 1));
  const nextBoot = () => {
    chip.powerUp();
    return open();
  };
  return { chip, open, nextBoot };
}

/** Runs a call whose operation is torn so that its cells read by `modes`. */
function cut(chip: NorChip, operation: number, modes: readonly ReadMode[], call: () => void): void {
  chip.plan({ operation, tear: { name: "by turns", hits: () => true, modes, erase: "ones" } });
  expect(call).toThrow(PowerCut);
}

describe("DeviceSecretStore", () => {
  it.each([1, 2, 4, 8, 16])("keeps one secret, with write units of %i bytes", (unit) => {
    const { open, nextBoot } = prepared(unit);
    const store = open();
    expect(store.state()).toBe("blank");
    store.write(secretOf(1));
    expect(store.state()).toBe("present");
    expect(store.read()).toEqual(secretOf(1));
    expect(nextBoot().state()).toBe("present");
    expect(nextBoot().read()).toEqual(secretOf(1));
  });

  it("has none while it is blank", () => {
    expect(() => prepared().open().read()).toThrow(code("secret-missing"));
  });

  it("takes no second secret", () => {
    const { open, nextBoot } = prepared();
    const store = open();
    store.write(secretOf(1));
    expect(() => store.write(secretOf(2))).toThrow(code("secret-exists"));
    expect(() => nextBoot().write(secretOf(2))).toThrow(code("secret-exists"));
    expect(nextBoot().read()).toEqual(secretOf(1));
  });

  it.each([0, 31, 33])("takes no secret of %i bytes", (length) => {
    expect(() => prepared().open().write(new Uint8Array(length))).toThrow(code("secret-length"));
  });

  it("gives bytes that the caller may zero", () => {
    const { open } = prepared();
    const store = open();
    store.write(secretOf(1));
    store.read().fill(0);
    expect(store.read()).toEqual(secretOf(1));
  });

  it("writes nothing to give a secret that is there for good", () => {
    const { chip, open, nextBoot } = prepared();
    open().write(secretOf(1));
    nextBoot().read();
    expect(chip.operations).toEqual([]);
  });

  it("leaves nothing of a destroyed secret, and takes no other", () => {
    const { chip, open, nextBoot } = prepared();
    const store = open();
    store.write(secretOf(1));
    store.destroy();
    expect(store.state()).toBe("destroyed");
    const after = nextBoot();
    expect(after.state()).toBe("destroyed");
    expect(() => after.write(secretOf(2))).toThrow(code("secret-exists"));
    expect(() => after.read()).toThrow(code("secret-missing"));
    const flash = toHex(chip.high);
    expect(flash).not.toContain(toHex(secretOf(1)));
    expect(flash).not.toContain(toHex(secretOf(1).map((byte) => ~byte)));
  });

  it("destroys once, and a blank one too", () => {
    const { chip, open, nextBoot } = prepared();
    open().destroy();
    nextBoot().destroy();
    expect(chip.operations).toEqual([]);
    expect(nextBoot().state()).toBe("destroyed");
  });

  it.each([
    ["two blocks", [BLOCK, BLOCK]],
    ["a block without room", [512]],
  ])("refuses %s", (_name, blocks) => {
    const chip = new NorChip({ unit: 8, blocks }, 1);
    expect(() => new DeviceSecretStore(chipArea(chip, 0, blocks.length))).toThrow(code("flash-geometry"));
  });

  it("calls flash that was never erased damaged, and does not write to it", () => {
    const { chip, open } = prepared();
    chip.preset(new Uint8Array(BLOCK), 0);
    expect(open().state()).toBe("damaged");
    expect(() => open().write(secretOf(1))).toThrow(code("secret-exists"));
  });

  it("calls a secret damaged when any one bit of it flips, and never gives another", () => {
    const { chip, open } = prepared();
    open().write(secretOf(1));
    const marks = 8 * 3 * 8;
    const before = chip.snapshot();
    for (let bit = 0; bit < 76 * 8; bit += 1) {
      chip.restore(before);
      const at = marks + (bit >> 3);
      const flipped = (chip.high[at] as number) ^ (1 << (bit & 7));
      chip.high[at] = flipped;
      chip.low[at] = flipped;
      expect(open().state()).toBe("damaged");
      expect(() => open().write(secretOf(2))).toThrow(code("secret-exists"));
    }
  });

  it("calls a secret damaged when all its bits fade one way", () => {
    for (const faded of [0, 0xff]) {
      const { chip, open } = prepared();
      open().write(secretOf(1));
      const start = 8 * 3 * 8 + 8;
      chip.high.fill(faded, start, start + 64);
      chip.low.fill(faded, start, start + 64);
      expect(open().state()).toBe("damaged");
    }
  });

  it("makes no other secret when any byte of the marks fades, nor any two", () => {
    const { chip, open } = prepared();
    open().write(secretOf(1));
    const before = chip.snapshot();
    for (let first = 0; first < 24; first += 1) {
      for (let second = first; second < 24; second += 1) {
        chip.restore(before);
        for (const at of [first, second]) {
          chip.high[at] = 0;
          chip.low[at] = 0;
        }
        const state = open().state();
        expect(["present", "damaged"]).toContain(state);
        if (state === "present") expect(open().read()).toEqual(secretOf(1));
      }
    }
  });
});

describe("DeviceSecretStore after a cut", () => {
  const SEAL = 2;
  const PROOF = 3;

  it("does not use a secret that may be gone tomorrow, but makes it stay", () => {
    const { chip, open, nextBoot } = prepared();
    cut(chip, SEAL, ["low", "high"], () => open().write(secretOf(1)));
    expect(nextBoot().read()).toEqual(secretOf(1));
    for (let boot = 0; boot < 3; boot += 1) expect(nextBoot().read()).toEqual(secretOf(1));
  });

  it("does not let a secret that was never used come back over one that is", () => {
    const { chip, open, nextBoot } = prepared();
    cut(chip, SEAL, ["high", "low"], () => open().write(secretOf(1)));
    const store = nextBoot();
    expect(store.state()).toBe("blank");
    store.write(secretOf(2));
    for (let boot = 0; boot < 3; boot += 1) expect(nextBoot().read()).toEqual(secretOf(2));
  });

  it("gives the same answers all through a power cycle, also from cells that read by turns", () => {
    for (const operation of [SEAL, PROOF]) {
      const { chip, open, nextBoot } = prepared();
      cut(chip, operation, ["flicker"], () => open().write(secretOf(1)));
      const store = nextBoot();
      if (store.state() === "blank") store.write(secretOf(2));
      const secret = store.read();
      for (let boot = 0; boot < 4; boot += 1) expect(nextBoot().read()).toEqual(secret);
    }
  });

  it("makes no other secret when cuts have used up all places", () => {
    const { chip, nextBoot } = prepared();
    for (let boot = 0; boot < 8; boot += 1) {
      const store = nextBoot();
      cut(chip, 1, ["high"], () => store.write(secretOf(boot)));
    }
    expect(nextBoot().state()).toBe("damaged");
  });
});
