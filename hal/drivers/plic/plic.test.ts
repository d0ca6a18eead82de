import { describe, expect, it, vi } from "vitest";
import { SimulatedPLIC } from "../../../test/simulation/simulated-plic.ts";
import { PLIC } from "./plic.ts";

function open(device = new SimulatedPLIC()) {
  return { device, plic: new PLIC({ registers: device, sources: 95 }) };
}

function levelDevice(device: SimulatedPLIC, source: number) {
  const state = { high: true };
  device.levels.set(source, () => state.high);
  const handler = vi.fn(() => {
    state.high = false;
  });
  return { state, handler };
}

describe("PLIC", () => {
  it("disables what an earlier run left enabled and opens the threshold", () => {
    const device = new SimulatedPLIC();
    device.enables.fill(0xffff_ffff);
    open(device);
    expect(device.enables).toEqual([0, 0, 0]);
    expect(device.threshold).toBe(0);
  });

  it.each([[1], [10], [31], [32], [63], [95]])("claims, handles and completes source %i", (source) => {
    const { device, plic } = open();
    const { handler } = levelDevice(device, source);
    plic.attach(source, handler);
    expect(plic.dispatch()).toBe(true);
    expect(handler).toHaveBeenCalledTimes(1);
    expect([device.claimed.size, plic.dispatch()]).toEqual([0, false]);
  });

  it("keeps the other sources of a word when one is detached", () => {
    const { device, plic } = open();
    plic.attach(10, () => {});
    plic.attach(31, () => {});
    plic.detach(10);
    expect([device.isEnabled(10), device.isEnabled(31)]).toEqual([false, true]);
  });

  it("frees a source whose claim a restart left open", () => {
    const device = new SimulatedPLIC();
    device.claimed.add(10);
    const { plic } = open(device);
    const { handler } = levelDevice(device, 10);
    plic.attach(10, handler);
    plic.dispatch();
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it("completes a source that its handler disabled, and leaves it disabled", () => {
    const { device, plic } = open();
    device.levels.set(10, () => true);
    const handler = vi.fn(() => plic.disable(10));
    plic.attach(10, handler);
    plic.dispatch();
    expect([device.isEnabled(10), device.claimed.size]).toEqual([false, 0]);
    plic.enable(10);
    plic.dispatch();
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it("completes before it passes on an error", () => {
    const { device, plic } = open();
    device.levels.set(10, () => true);
    plic.attach(10, () => {
      throw new Error("handler failed");
    });
    expect(() => plic.dispatch()).toThrow("handler failed");
    expect(device.claimed.size).toBe(0);
  });

  it("is not re-entrant", () => {
    const { device, plic } = open();
    const first = levelDevice(device, 10);
    const second = levelDevice(device, 11);
    const order: string[] = [];
    plic.attach(10, () => {
      first.handler();
      plic.dispatch();
      order.push("first done");
    });
    plic.attach(11, () => {
      second.handler();
      order.push("second done");
    });
    plic.dispatch();
    expect(order).toEqual(["first done", "second done"]);
  });

  it("disables and counts a source without a handler", () => {
    const { device, plic } = open();
    device.levels.set(40, () => true);
    device.priorities.set(40, 1);
    device.enables[1] = 1 << 8;
    expect(plic.dispatch()).toBe(true);
    expect([plic.spurious, device.isEnabled(40), device.claimed.size]).toEqual([1, false, 0]);
  });

  it.each([[0], [96], [1.5]])("refuses source %s", (source) => {
    expect(() => open().plic.line(source)).toThrow(RangeError);
  });

  it.each([
    ["sources", { sources: 1024 }],
    ["context", { sources: 1, context: -1 }],
    ["limit", { sources: 1, limit: 0 }],
  ])("refuses a wrong %s before touching hardware", (_name, options) => {
    const registers = new SimulatedPLIC();
    const write = vi.spyOn(registers, "write32");
    expect(() => new PLIC({ registers, ...options })).toThrow(RangeError);
    expect(write).not.toHaveBeenCalled();
  });

  it("closes twice; lines can still be detached, other calls throw", () => {
    const { device, plic } = open();
    const line = plic.line(10);
    line.attach(() => {});
    plic.close();
    plic.close();
    line.detach();
    expect(device.enables).toEqual([0, 0, 0]);
    expect(() => plic.dispatch()).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
