import { describe, expect, it } from "vitest";
import { SimulatedClock } from "../../../test/simulation/simulated-clock.ts";
import { SimulatedDmaMemory, SimulatedVirtioRng } from "../../../test/simulation/simulated-virtio.ts";
import { HealthTest } from "./health-test.ts";
import { VirtioRng } from "./virtio-rng.ts";

/** Bytes that repeat in no pattern the tests know, but are the same in every run. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) & 0xff;
  };
}

function prepare(version: 1 | 2 = 2) {
  const memory = new SimulatedDmaMemory();
  const device = new SimulatedVirtioRng(memory, version);
  device.nextByte = sequence();
  const clock = new SimulatedClock({ step: 1 });
  return { memory, device, clock, options: { registers: device, memory, clock } };
}

describe.each([[1], [2]] as const)("VirtioRng version %i", (version) => {
  it.each([[0], [1], [63], [64], [65], [1000]])(
    "fills %i bytes with what the device gives after the start-up test",
    (length) => {
      const { device, options } = prepare(version);
      const rng = new VirtioRng(options);
      const expected = sequence();
      for (let index = 0; index < 1024; index += 1) expected();
      const bytes = new Uint8Array(length);
      rng.fill(bytes);
      expect([...bytes]).toEqual(Array.from({ length }, () => expected()));
      expect(device.interruptStatus).toBe(0);
    },
  );
});

/** Half of the bytes are 0, but the sample that each window of the proportion test counts is 1. */
function everyOtherByteZero(): () => number {
  let index = -1;
  return () => {
    index += 1;
    if (index % 512 === 0) return 1;
    return index % 2 === 0 ? 0 : (index * 7) & 0xff;
  };
}

describe("VirtioRng", () => {
  it("goes on asking a device that gives less than asked", () => {
    const { device, options } = prepare();
    device.most = 5;
    const bytes = new Uint8Array(100);
    new VirtioRng(options).fill(bytes);
    expect(bytes.filter((byte) => byte === 0).length).toBeLessThan(10);
  });

  it("waits for a slow device", () => {
    const { clock, device, options } = prepare();
    device.immediate = false;
    clock.onCount = () => {
      if (clock.now % 10 === 0) device.serve();
    };
    new VirtioRng(options).fill(new Uint8Array(64));
    expect(clock.now).toBeGreaterThan(100);
  });

  it("leaves no random bytes in the shared memory", () => {
    const { memory, options } = prepare();
    new VirtioRng(options).fill(new Uint8Array(64));
    for (let offset = 96; offset < memory.byteLength; offset += 1) expect(memory.read8(offset)).toBe(0);
  });

  it.each([
    ["a stuck source", () => 0x5a, "unhealthy"],
    ["a source whose favoured value no window follows", everyOtherByteZero(), "unhealthy"],
    ["a source that prefers one value", () => (Math.random() < 0.5 ? 0 : Math.floor(Math.random() * 256)), "unhealthy"],
  ])("refuses to open on %s", (_name, nextByte, code) => {
    const { device, options } = prepare();
    device.nextByte = nextByte;
    expect(() => new VirtioRng(options)).toThrow(expect.objectContaining({ code }));
    expect(device.status).toBe(0);
  });

  it("zeroes the destination when the source fails, and refuses for good", () => {
    const { device, options } = prepare();
    const rng = new VirtioRng(options);
    const good = sequence();
    let count = 0;
    device.nextByte = () => {
      count += 1;
      return count > 40 ? 7 : good();
    };
    const bytes = new Uint8Array(100).fill(1);
    expect(() => rng.fill(bytes)).toThrow(expect.objectContaining({ code: "unhealthy" }));
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    device.nextByte = good;
    expect(() => rng.fill(bytes)).toThrow(expect.objectContaining({ code: "unhealthy" }));
  });

  it("times out on a silent device", () => {
    const { clock, device, options } = prepare();
    const rng = new VirtioRng({ ...options, timeout: 50 });
    device.immediate = false;
    const start = clock.now;
    expect(() => rng.fill(new Uint8Array(1))).toThrow(expect.objectContaining({ code: "timeout" }));
    expect(clock.now - start).toBeLessThan(60);
  });

  it.each([
    ["an empty answer", { most: 0 }],
    ["an impossible length", { corrupt: (head: number): [number, number] => [head, 65] }],
    ["a used index that runs ahead", { extraUsed: 3 }],
  ])("refuses %s", (_name, properties) => {
    const { device, options } = prepare();
    const rng = new VirtioRng(options);
    Object.assign(device, properties);
    expect(() => rng.fill(new Uint8Array(64))).toThrow(expect.objectContaining({ code: "device" }));
  });

  it("refuses memory without room for a request", () => {
    const { device, clock } = prepare();
    const memory = new SimulatedDmaMemory(128);
    expect(() => new VirtioRng({ registers: device, memory, clock })).toThrow(RangeError);
    expect(device.status).toBe(0);
  });

  it("closes twice and refuses later calls", () => {
    const { device, options } = prepare();
    const rng = new VirtioRng(options);
    rng.close();
    rng.close();
    expect(device.status).toBe(0);
    expect(() => rng.fill(new Uint8Array(1))).toThrow(expect.objectContaining({ code: "closed" }));
  });
});

describe("HealthTest", () => {
  it("fails at the 11th repetition of a sample", () => {
    const health = new HealthTest();
    const accepted = Array.from({ length: 11 }, () => health.accept(3));
    expect(accepted).toEqual([...new Array(10).fill(true), false]);
    expect(health.failed).toBe("repetition count");
  });

  it("starts counting again after another sample", () => {
    const health = new HealthTest();
    for (let round = 0; round < 7; round += 1) {
      for (let index = 0; index < 10; index += 1) expect(health.accept(3)).toBe(true);
      expect(health.accept(round + 4)).toBe(true);
    }
  });

  it("fails when the first sample of a window comes 78 times in it", () => {
    const health = new HealthTest();
    const results: boolean[] = [];
    for (let index = 0; index < 155; index += 1) results.push(health.accept(index % 2 === 0 ? 9 : 100 + (index % 100)));
    expect(results.indexOf(false)).toBe(154);
    expect(health.failed).toBe("adaptive proportion");
  });

  it("counts each window of 512 samples for itself", () => {
    const health = new HealthTest();
    for (let window = 0; window < 4; window += 1) {
      for (let index = 0; index < 512; index += 1) {
        expect(health.accept(index % 2 === 0 && index < 154 ? 9 : 10 + (index % 200))).toBe(true);
      }
    }
  });
});
