import { describe, expect, it, vi } from "vitest";
import { SimulatedLine } from "../../../test/simulation/simulated-line.ts";
import { SimulatedDmaMemory, SimulatedVirtioRng } from "../../../test/simulation/simulated-virtio.ts";
import { VirtioMmio, type VirtioMmioOptions } from "./virtio-mmio.ts";

function prepare(version: 1 | 2 = 2) {
  const memory = new SimulatedDmaMemory();
  const device = new SimulatedVirtioRng(memory, version);
  const interrupt = new SimulatedLine(() => device.interrupting);
  return { memory, device, interrupt };
}

function open(options: Partial<VirtioMmioOptions> = {}, version: 1 | 2 = 2) {
  const prepared = prepare(version);
  const { device, interrupt } = prepared;
  return { ...prepared, virtio: new VirtioMmio({ registers: device, deviceId: 4, interrupt, ...options }) };
}

describe.each([[1], [2]] as const)("VirtioMmio version %i", (version) => {
  it("agrees on the features that both sides know", () => {
    const { device, virtio } = open({ features: 0x1000_0001 }, version);
    expect(virtio.features).toBe(0x1000_0000);
    expect(device.driverFeatures).toEqual(version === 1 ? [0x1000_0000, 0] : [0x1000_0000, 1]);
  });

  it("carries a request through the queue", () => {
    const { device, memory, virtio } = open({}, version);
    const queue = virtio.openQueue(0, memory, 4);
    virtio.start();
    let next = 0;
    device.nextByte = () => (next += 1);
    const head = queue.submit([{ offset: queue.buffersOffset, byteLength: 8, deviceWrites: true }]);
    expect(queue.collect()).toEqual({ head, byteLength: 8 });
    expect(memory.read8(queue.buffersOffset + 7)).toBe(8);
    expect(queue.collect()).toBeUndefined();
  });

  it("goes round the rings many times, also past the 16-bit indexes", () => {
    const { device, memory, virtio } = open({}, version);
    const queue = virtio.openQueue(0, memory, 2);
    virtio.start();
    for (let round = 0; round < 66_000; round += 1) {
      const head = queue.submit([{ offset: queue.buffersOffset, byteLength: 1, deviceWrites: true }]);
      if (queue.collect()?.head !== head) throw new Error(`round ${round} failed`);
    }
    expect(device.requests).toBe(66_000);
  });

  it("calls onUsed from the interrupt and acknowledges it", () => {
    const onUsed = vi.fn();
    const { interrupt, memory, virtio } = open({ onUsed }, version);
    const queue = virtio.openQueue(0, memory, 2);
    virtio.start();
    queue.submit([{ offset: queue.buffersOffset, byteLength: 4, deviceWrites: true }]);
    expect(onUsed).not.toHaveBeenCalled();
    expect(interrupt.deliver()).toBe(1);
    expect(onUsed).toHaveBeenCalledTimes(1);
  });

  it("closes twice and leaves the device reset", () => {
    const { device, interrupt, memory, virtio } = open({}, version);
    const queue = virtio.openQueue(0, memory, 2);
    virtio.start();
    virtio.close();
    virtio.close();
    expect([device.status, interrupt.attached]).toEqual([0, false]);
    expect(() => virtio.start()).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => queue.submit([{ offset: queue.buffersOffset, byteLength: 4, deviceWrites: true }])).toThrow(
      expect.objectContaining({ code: "closed" }),
    );
  });
});

describe("VirtioMmio", () => {
  it.each([
    ["an empty slot", { deviceId: 0 }, "device"],
    ["another device", { deviceId: 1 }, "device"],
    ["no virtio", { magic: 0 }, "device"],
    ["a version to come", { version: 3 }, "unsupported"],
    ["a version 2 device without VERSION_1", { offersVersion1: false }, "unsupported"],
    ["a device that refuses our features", { acceptsFeatures: false }, "unsupported"],
  ])("refuses %s", (_name, properties, code) => {
    const { device, interrupt } = prepare();
    Object.assign(device, properties);
    expect(() => new VirtioMmio({ registers: device, deviceId: 4, interrupt })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(interrupt.attached).toBe(false);
  });

  it("reads its configuration from one generation", () => {
    const { device, virtio } = open();
    device.configuration.set([1, 2, 3, 4]);
    let reads = 0;
    const load = device.read8.bind(device);
    vi.spyOn(device, "read8").mockImplementation((offset) => {
      reads += 1;
      if (reads === 2) {
        device.configuration.set([5, 6, 7, 8]);
        device.changeConfiguration();
      }
      return load(offset);
    });
    const target = new Uint8Array(4);
    virtio.readConfiguration(target, 0);
    expect([...target]).toEqual([5, 6, 7, 8]);
  });

  it("tells of a changed configuration", () => {
    const onConfiguration = vi.fn();
    const { device, interrupt } = open({ onConfiguration });
    device.changeConfiguration();
    interrupt.deliver();
    expect(onConfiguration).toHaveBeenCalledTimes(1);
  });

  it("refuses a queue that the device lacks, has shorter, or that is open", () => {
    const { device, memory, virtio } = open();
    virtio.openQueue(0, memory, 2);
    expect(() => virtio.openQueue(0, memory, 2)).toThrow(expect.objectContaining({ code: "busy" }));
    const other = open();
    other.device.queueLengthMaximum = 2;
    expect(() => other.virtio.openQueue(0, other.memory, 4)).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(device.queueLengthMaximum).toBeGreaterThan(2);
  });

  it("notices a device that asks for a reset", () => {
    const { device, virtio } = open();
    virtio.start();
    device.status |= 64;
    expect(() => virtio.checkHealthy()).toThrow(expect.objectContaining({ code: "device" }));
  });
});

describe("VirtQueue", () => {
  it.each([
    ["a length that is no power of two", 3, 1024, 0x4000_0000],
    ["a length beyond 256", 512, 65_536, 0x4000_0000],
    ["memory that is too short", 16, 256, 0x4000_0000],
    ["memory off a page", 2, 1024, 0x4000_0010],
  ])("refuses %s", (_name, length, byteLength, address) => {
    expect(() => open().virtio.openQueue(0, new SimulatedDmaMemory(byteLength, address), length)).toThrow(RangeError);
  });

  function openQueue() {
    const opened = open();
    const queue = opened.virtio.openQueue(0, opened.memory, 2);
    opened.virtio.start();
    return { ...opened, queue, buffer: { offset: queue.buffersOffset, byteLength: 4, deviceWrites: true } };
  }

  it("never gives the device the rings or what lies behind the memory", () => {
    const { queue, memory, buffer } = openQueue();
    expect(() => queue.submit([{ ...buffer, offset: 0 }])).toThrow(RangeError);
    expect(() => queue.submit([{ ...buffer, offset: memory.byteLength - 2 }])).toThrow(RangeError);
    expect(() => queue.submit([{ ...buffer, byteLength: 0 }])).toThrow(RangeError);
    expect(() => queue.submit([])).toThrow(RangeError);
  });

  it("wants buffers that the device reads first", () => {
    const { queue, buffer } = openQueue();
    expect(() => queue.submit([buffer, { ...buffer, deviceWrites: false }])).toThrow(RangeError);
  });

  it("runs out of descriptors and gets them back", () => {
    const { device, queue, buffer } = openQueue();
    device.immediate = false;
    queue.submit([buffer, buffer]);
    expect(() => queue.submit([buffer])).toThrow(expect.objectContaining({ code: "no-space" }));
    device.serve();
    expect(queue.collect()?.byteLength).toBe(8);
    expect(queue.outstanding).toBe(0);
    queue.submit([buffer]);
  });

  it.each([
    ["a head that is not outstanding", (_head: number, length: number): [number, number] => [1, length]],
    ["a head out of range", (_head: number, length: number): [number, number] => [0xffff_ffff, length]],
    ["more bytes than it was given", (head: number, _length: number): [number, number] => [head, 5]],
  ])("refuses %s from the device", (_name, corrupt) => {
    const { device, queue, buffer } = openQueue();
    device.corrupt = corrupt;
    queue.submit([buffer]);
    expect(() => queue.collect()).toThrow(expect.objectContaining({ code: "device" }));
  });

  it("refuses a used index that runs ahead", () => {
    const { device, queue, buffer } = openQueue();
    device.extraUsed = 1;
    queue.submit([buffer]);
    expect(() => queue.collect()).toThrow(expect.objectContaining({ code: "device" }));
  });
});
