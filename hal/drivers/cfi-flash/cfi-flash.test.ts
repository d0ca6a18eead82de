import { describe, expect, it, vi } from "vitest";
import { SimulatedCfiFlash, type SimulatedFlashOptions } from "../../../test/simulation/simulated-cfi-flash.ts";
import { SimulatedClock } from "../../../test/simulation/simulated-clock.ts";
import { SimulatedRegisters } from "../../../test/simulation/simulated-registers.ts";
import type { Registers } from "../../interfaces/registers.ts";
import { CfiFlash, type CfiFlashOptions } from "./cfi-flash.ts";

const BLOCK = 0x4_0000;

function open(options: Partial<CfiFlashOptions> = {}, device: SimulatedCfiFlash | SimulatedFlashOptions = {}) {
  const chips = device instanceof SimulatedCfiFlash ? device : new SimulatedCfiFlash(device);
  const clock = new SimulatedClock({ frequency: 20_000, step: 1 });
  const flash = new CfiFlash({ registers: chips, clock, ...options });
  return { device: chips, clock, flash };
}

/** A window onto a part of the bank. */
class FlashWindow extends SimulatedRegisters {
  writes = 0;
  readonly #device: SimulatedCfiFlash;
  readonly #start: number;

  constructor(device: SimulatedCfiFlash, start: number, byteLength: number) {
    super(byteLength);
    this.#device = device;
    this.#start = start;
  }

  protected load(offset: number, width: number): number {
    return width === 4 ? this.#device.read32(this.#start + offset) : this.#device.read8(this.#start + offset);
  }

  protected store(offset: number, _width: number, value: number): void {
    this.writes += 1;
    this.#device.write32(this.#start + offset, value);
  }
}

function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff);
}

function bytesOf(buffer: ArrayBuffer): number[] {
  return [...new Uint8Array(buffer)];
}

describe("CfiFlash opening", () => {
  it("finds the geometry in the query table and leaves the array readable", () => {
    const { device, flash } = open();
    expect(flash.status()).toEqual({ size: 0x10_0000, blockLength: BLOCK, blocks: 4, eraseValue: 255, writeAlign: 4 });
    expect(flash.inCommand).toBe(false);
    expect(device.fetch(0)).toBe(0xffff_ffff);
  });

  it("gives a new status object each time", () => {
    const { flash } = open();
    expect(flash.status()).not.toBe(flash.status());
  });

  it("can cover the first blocks only", () => {
    const { flash } = open({ size: 2 * BLOCK });
    expect(flash.status().blocks).toBe(2);
    expect(() => flash.read(1, 2 * BLOCK)).toThrow(RangeError);
  });

  it.each([
    ["a size that is no number of blocks", { size: BLOCK + 4 }, RangeError],
    ["a size beyond the chips", { size: 8 * BLOCK }, RangeError],
    ["a clock that is none", { clock: {} as never }, TypeError],
  ])("refuses %s", (_name, options, kind) => {
    expect(() => open(options)).toThrow(kind);
  });

  it("refuses other blocks than the board file says, leaving the array readable", () => {
    const device = new SimulatedCfiFlash();
    expect(() => open({ blockLength: 0x1_0000 }, device)).toThrow(/blocks of 65536 bytes, found 262144/);
    expect(device.mode).toBe("array");
  });

  it.each([
    ["another command set", 0x13, 2, "unsupported"],
    ["two erase regions", 0x2c, 2, "unsupported"],
    ["a size that does not match its blocks", 0x27, 20, "device"],
    ["an absurd size", 0x27, 63, "device"],
    ["an absurd write buffer", 0x2a, 200, "device"],
  ])("refuses %s", (_name, index, value, code) => {
    const device = new SimulatedCfiFlash();
    device.queryOverrides.set(index, value);
    expect(() => open({}, device)).toThrow(expect.objectContaining({ code }));
  });

  it("times out on an empty socket", () => {
    const device = new SimulatedCfiFlash();
    device.present = false;
    expect(() => open({}, device)).toThrow(expect.objectContaining({ code: "timeout" }));
  });
});

/** What a driver had written when the reset came. */
const scenarios: [string, (device: Registers) => void][] = [
  ["read status", (device) => device.write32(0, 0x0070_0070)],
  ["query", (device) => device.write32(0x154, 0x0098_0098)],
  ["erase announced", (device) => device.write32(BLOCK, 0x0020_0020)],
  ["word announced", (device) => device.write32(BLOCK, 0x0040_0040)],
  ["buffer announced", (device) => device.write32(BLOCK, 0x00e8_00e8)],
  ["buffer counted", (device) => [0x00e8_00e8, 0x03ff_03ff].forEach((word) => void device.write32(BLOCK, word))],
  [
    "buffer half loaded",
    (device) => {
      device.write32(BLOCK, 0x00e8_00e8);
      device.write32(BLOCK, 0x0003_0003);
      device.write32(BLOCK, 0);
      device.write32(BLOCK + 4, 0);
    },
  ],
  [
    "buffer loaded but not confirmed",
    (device) => {
      device.write32(BLOCK, 0x00e8_00e8);
      device.write32(BLOCK, 0);
      device.write32(BLOCK, 0);
    },
  ],
];

const chips = [
  ["strict", false],
  ["lenient", true],
] as const;
const cases = chips.flatMap(([kind, lenient]) =>
  scenarios.map(([name, interrupt]) => [name, kind, lenient, interrupt] as const),
);

describe("CfiFlash opening after a reset in the middle of a command", () => {
  it.each(cases)("recovers from: %s, with %s chips", (_name, _kind, lenient, interrupt) => {
    const device = new SimulatedCfiFlash();
    device.lenient = lenient;
    device.refusedBuffers = 0;
    device.words[1] = 0x1234_5678;
    const before = device.contents();
    interrupt(device);
    const { flash } = open({}, device);
    expect(Buffer.compare(device.contents(), before)).toBe(0);
    expect(flash.inCommand).toBe(false);
    flash.write(pattern(8), 64);
    expect(bytesOf(flash.read(8, 64))).toEqual([...pattern(8)]);
  });

  it("opens again and again where clearing the status clears READY", () => {
    const device = new SimulatedCfiFlash();
    device.lenient = true;
    for (let round = 0; round < 3; round += 1) open({}, device).flash.close();
    expect(device.mode).toBe("array");
  });

  it("waits for an erase that is still running", () => {
    const device = new SimulatedCfiFlash();
    device.words[BLOCK / 4] = 0;
    device.busyReads = 200;
    device.write32(BLOCK, 0x0020_0020);
    device.write32(BLOCK, 0x00d0_00d0);
    const { flash } = open({}, device);
    expect(bytesOf(flash.read(4, BLOCK))).toEqual([255, 255, 255, 255]);
  });

  it("is readable after a power cut in an erase, whose block can be erased again", () => {
    const { device, clock, flash } = open();
    device.busyReads = 1000;
    clock.onCount = () => {
      if (device.counts.erases === 1 && device.counts.busyReads > 50) throw new Error("power cut");
    };
    expect(() => flash.eraseBlock(1)).toThrow("power cut");
    device.cutPower();
    device.busyReads = 2;
    const again = open({}, device).flash;
    expect(bytesOf(again.read(4, BLOCK))).toEqual([0x5a, 0x5a, 0x5a, 0x5a]);
    again.eraseBlock(1);
    expect(bytesOf(again.read(4, BLOCK))).toEqual([255, 255, 255, 255]);
  });
});

describe("CfiFlash programming", () => {
  it("reads what it wrote, at any alignment", () => {
    const { flash } = open();
    const bytes = pattern(64);
    flash.write(bytes, 128);
    for (const [position, length] of [
      [128, 64],
      [129, 5],
      [131, 1],
      [130, 9],
      [128, 0],
    ] as const) {
      expect(bytesOf(flash.read(length, position))).toEqual([...bytes.slice(position - 128, position - 128 + length)]);
    }
  });

  it("fills a view at its place", () => {
    const { flash } = open();
    flash.write(pattern(4), 0);
    const target = new Uint8Array(8);
    flash.read(target.subarray(2, 6), 0);
    expect([...target]).toEqual([0, 0, ...pattern(4), 0, 0]);
  });

  it("splits a long write at multiples of the write buffer", () => {
    const { device, flash } = open();
    const bytes = pattern(3 * 4096);
    flash.write(bytes, 2048);
    expect(device.counts.bufferPrograms).toBe(4);
    expect(bytesOf(flash.read(bytes.length, 2048))).toEqual([...bytes]);
  });

  it("programs word by word without a write buffer", () => {
    const { device, flash } = open({}, { bufferExponent: 0 });
    flash.write(pattern(16), 4);
    expect(device.counts).toMatchObject({ wordPrograms: 4, bufferPrograms: 0 });
    expect(bytesOf(flash.read(16, 4))).toEqual([...pattern(16)]);
  });

  it("asks again while the chip has no free write buffer", () => {
    const device = new SimulatedCfiFlash();
    device.refusedBuffers = 5;
    const { flash } = open({}, device);
    flash.write(pattern(4), 0);
    expect(device.counts.refusedBuffers).toBe(5);
  });

  it("polls a busy chip", () => {
    const device = new SimulatedCfiFlash();
    device.busyReads = 50;
    const { flash } = open({}, device);
    flash.write(pattern(4), 0);
    expect(device.counts.busyReads).toBeGreaterThan(50);
  });

  it("erases the chosen blocks and no others", () => {
    const { device, flash } = open();
    device.words.fill(0);
    flash.eraseBlock(1, 3);
    expect(device.words.indexOf(0xffff_ffff)).toBe(BLOCK / 4);
    expect(device.words.lastIndexOf(0xffff_ffff)).toBe((3 * BLOCK) / 4 - 1);
    expect(device.counts.erases).toBe(2);
  });

  it("refuses to turn a 0 into a 1, before changing anything", () => {
    const { device, flash } = open();
    flash.write(new Uint8Array(4), 8192);
    const before = device.contents();
    expect(() => flash.write(pattern(8192), 4096)).toThrow(expect.objectContaining({ code: "not-erased" }));
    expect(Buffer.compare(device.contents(), before)).toBe(0);
    expect(flash.inCommand).toBe(false);
  });

  it("can be written again after an erase", () => {
    const { flash } = open({ trackUnits: true });
    flash.write(pattern(8), 0);
    flash.eraseBlock(0);
    flash.write(pattern(8, 9), 0);
    expect(bytesOf(flash.read(8, 0))).toEqual([...pattern(8, 9)]);
  });

  it.each([
    ["clearing more bits of a word", new Uint8Array([0xff, 0xff, 0xff, 0x0f])],
    ["the same bits again", new Uint8Array([0xff, 0xff, 0xff, 0x1f])],
    ["all ones over a programmed word", new Uint8Array([0xff, 0xff, 0xff, 0xff])],
  ])("refuses %s when units are tracked", (_name, second) => {
    const { flash } = open({ trackUnits: true });
    flash.write(new Uint8Array([0xff, 0xff, 0xff, 0x1f]), 0);
    expect(() => flash.write(second, 0)).toThrow(expect.objectContaining({ code: "not-erased" }));
  });

  it("counts writing the erase value as programming when units are tracked", () => {
    const { flash } = open({ trackUnits: true });
    flash.write(new Uint8Array(4).fill(255), 0);
    expect(() => flash.write(pattern(4), 0)).toThrow(/programmed before/);
  });

  it.each([
    ["position off the word", 2, 4],
    ["length off the word", 0, 6],
    ["range past the end", 0x10_0000 - 4, 8],
    ["negative position", -4, 4],
    ["fractional position", 0.5, 4],
  ])("refuses a write with %s", (_name, position, length) => {
    const { flash } = open();
    expect(() => flash.write(new Uint8Array(length), position)).toThrow(RangeError);
  });

  it.each([
    [-1, undefined],
    [4, undefined],
    [1, 1],
    [0, 5],
    [0.5, undefined],
  ])("refuses to erase blocks %s to %s", (first, end) => {
    const { flash } = open();
    expect(() => flash.eraseBlock(first, end)).toThrow(RangeError);
  });

  it("refuses other data than bytes", () => {
    const { flash } = open();
    expect(() => flash.write(new Uint16Array(4) as never, 0)).toThrow(TypeError);
  });

  it("is in command from the first command to the last status read, and at no other time", () => {
    const { device, clock, flash } = open();
    const seen: [boolean, boolean][] = [];
    clock.onCount = () => seen.push([flash.inCommand, device.mode !== "array"]);
    flash.write(pattern(8), 0);
    flash.eraseBlock(0);
    expect(seen.filter(([reported]) => reported).length).toBeGreaterThan(4);
    expect(seen.filter(([reported, actual]) => reported !== actual)).toEqual([]);
    expect(flash.inCommand).toBe(false);
  });
});

describe("CfiFlash failures", () => {
  it.each([
    ["program-failed", 0x0010_0000],
    ["voltage", 0x0018_0018],
    ["locked", 0x0000_0012],
    ["device", 0x0030_0000],
  ])("reports %s from the status of either chip and works afterwards", (code, bits) => {
    const { device, flash } = open();
    device.nextError = bits;
    expect(() => flash.write(pattern(4), 0)).toThrow(expect.objectContaining({ code }));
    expect(device.mode).toBe("array");
    flash.write(pattern(4), 0);
    expect(bytesOf(flash.read(4, 0))).toEqual([...pattern(4)]);
  });

  it("reports a failed erase", () => {
    const { device, flash } = open();
    device.nextError = 0x0020_0000;
    expect(() => flash.eraseBlock(0)).toThrow(expect.objectContaining({ code: "erase-failed" }));
    flash.eraseBlock(0);
  });

  it("finds by reading back a block that was not erased fully", () => {
    const { device, flash } = open();
    device.weakErase = true;
    expect(() => flash.eraseBlock(0)).toThrow(expect.objectContaining({ code: "verify-failed" }));
  });

  it("finds by reading back a word that was not programmed", () => {
    const { device, flash } = open();
    device.loseLastWord = true;
    expect(() => flash.write(pattern(16), 0)).toThrow(expect.objectContaining({ code: "verify-failed" }));
  });

  it("times out on a chip that stays busy, and goes on when it has finished", () => {
    const { device, flash } = open();
    device.busyReads = 5000;
    expect(() => flash.write(pattern(4), 0)).toThrow(expect.objectContaining({ code: "timeout" }));
    expect(flash.inCommand).toBe(true);
    device.busyReads = 1;
    expect(bytesOf(flash.read(4, 0))).toEqual([...pattern(4)]);
    expect(flash.inCommand).toBe(false);
  });

  it("times out when no write buffer becomes free", () => {
    const device = new SimulatedCfiFlash();
    device.refusedBuffers = 1_000_000;
    const { flash } = open({}, device);
    expect(() => flash.write(pattern(4), 0)).toThrow(expect.objectContaining({ code: "timeout" }));
  });

  it("does not report a time-out of a chip that finished while the processor was held up", () => {
    const { device, clock, flash } = open();
    device.refusedBuffers = 0;
    device.busyReads = 0;
    const heldUp = vi.fn(() => {
      clock.now += 1_000_000;
    });
    clock.onCount = heldUp;
    flash.write(pattern(4), 0);
    expect(heldUp).toHaveBeenCalled();
  });
});

describe("CfiFlash in a window that starts inside the bank", () => {
  const geometry = { size: 2 * BLOCK, blockLength: BLOCK, bufferLength: 4096, programLimit: 16, eraseLimit: 16_384 };

  function openWindow(device = new SimulatedCfiFlash(), options: Partial<CfiFlashOptions> = {}) {
    const registers = new FlashWindow(device, 2 * BLOCK, 2 * BLOCK);
    return open({ registers, geometry, ...options }, device);
  }

  it("takes the geometry that it is given", () => {
    expect(openWindow().flash.status()).toMatchObject({ size: 2 * BLOCK, blocks: 2 });
  });

  it("erases and programs at its own place", () => {
    const { device, flash } = openWindow();
    device.words.fill(0);
    flash.eraseBlock(1);
    flash.write(pattern(8), BLOCK);
    expect(device.words.indexOf(0xffff_ffff)).toBe((3 * BLOCK) / 4 + 2);
    expect(bytesOf(flash.read(8, BLOCK))).toEqual([...pattern(8)]);
  });

  it.each(cases)("recovers without the query table from: %s, with %s chips", (_name, _kind, lenient, interrupt) => {
    const device = new SimulatedCfiFlash();
    device.lenient = lenient;
    device.refusedBuffers = 0;
    device.words[(2 * BLOCK) / 4 + 1] = 0x1234_5678;
    const before = device.contents();
    interrupt(new FlashWindow(device, BLOCK, 3 * BLOCK));
    const { flash } = openWindow(device);
    expect(Buffer.compare(device.contents(), before)).toBe(0);
    expect(flash.inCommand).toBe(false);
    flash.write(pattern(8), 64);
    expect(bytesOf(flash.read(8, 64))).toEqual([...pattern(8)]);
  });

  it.each([[0x0080_0080], [0]])("opens an array that looks like a status, %i", (word) => {
    const device = new SimulatedCfiFlash();
    device.words.fill(word);
    expect(openWindow(device).flash.inCommand).toBe(false);
  });

  it("waits for an operation that was running", () => {
    const device = new SimulatedCfiFlash();
    device.busyReads = 40;
    device.write32(3 * BLOCK, 0x0020_0020);
    device.write32(3 * BLOCK, 0x00d0_00d0);
    const { flash } = openWindow(device);
    expect(flash.inCommand).toBe(false);
    expect(bytesOf(flash.read(4, BLOCK))).toEqual([255, 255, 255, 255]);
  });

  it("does not find the query table in its own window", () => {
    const device = new SimulatedCfiFlash();
    const registers = new FlashWindow(device, 2 * BLOCK, 2 * BLOCK);
    expect(() => open({ registers }, device)).toThrow(expect.objectContaining({ code: "device" }));
  });

  it.each([["blockLength"], ["size"], ["bufferLength"], ["programLimit"], ["eraseLimit"]])("checks %s", (key) => {
    expect(() => openWindow(undefined, { geometry: { ...geometry, [key]: -1 } })).toThrow(RangeError);
  });
});

describe("CfiFlash with direct access to the array", () => {
  function openDirect(options: Partial<CfiFlashOptions> = {}) {
    const device = new SimulatedCfiFlash();
    const bytes = (position: number, length: number) => {
      device.fetch(position); // fails unless the array shows
      return device.contents().slice(position, position + length);
    };
    const array = {
      read: vi.fn((position: number, length: number) => bytes(position, length).buffer as ArrayBuffer),
      isErased: vi.fn((position: number, length: number) => bytes(position, length).every((byte) => byte === 255)),
      equals: vi.fn(
        (position: number, wanted: Uint8Array) => Buffer.compare(bytes(position, wanted.length), wanted) === 0,
      ),
    };
    return { ...open({ array, ...options }, device), array };
  }

  it("reads, checks and verifies through it", () => {
    const { flash, array } = openDirect();
    flash.eraseBlock(1);
    flash.write(pattern(4096 + 8), BLOCK + 4);
    expect(bytesOf(flash.read(9, BLOCK + 5))).toEqual([...pattern(10).slice(1)]);
    const target = new Uint8Array(6);
    flash.read(target.subarray(1, 5), BLOCK + 4);
    expect([...target]).toEqual([0, ...pattern(4), 0]);
    expect(array.isErased.mock.calls).toEqual([
      [BLOCK, BLOCK],
      [BLOCK + 4, 4096 + 8],
    ]);
    expect(array.equals).toHaveBeenCalledTimes(2);
    expect(array.read).toHaveBeenCalledTimes(2);
  });

  it("still keeps the NOR rule, and tracks units", () => {
    const { flash } = openDirect();
    flash.write(new Uint8Array(4), 0);
    expect(() => flash.write(pattern(8), 0)).toThrow(expect.objectContaining({ code: "not-erased" }));
    const tracked = openDirect({ trackUnits: true }).flash;
    tracked.write(new Uint8Array(4).fill(255), 0);
    expect(() => tracked.write(pattern(4), 0)).toThrow(/programmed before/);
  });

  it("still finds what was not erased or not programmed, and says where", () => {
    const { device, flash } = openDirect();
    device.weakErase = true;
    expect(() => flash.eraseBlock(0)).toThrow(/expected 0xffffffff at 0x3fffc when read back, found 0xfffffffe/);
    flash.eraseBlock(0);
    device.loseLastWord = true;
    expect(() => flash.write(pattern(16), 0)).toThrow(/at 0xc when read back, found 0xffffffff/);
  });

  it("refuses an array that is none", () => {
    expect(() => open({ array: { read: () => new ArrayBuffer(0) } as never })).toThrow(TypeError);
  });
});

describe("CfiFlash closing", () => {
  it("closes twice and refuses later calls", () => {
    const { device, flash } = open();
    flash.close();
    flash.close();
    expect(device.mode).toBe("array");
    for (const call of [
      () => flash.status(),
      () => flash.read(1, 0),
      () => flash.write(new Uint8Array(4), 0),
      () => flash.eraseBlock(0),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "closed" }));
    }
  });
});
