import { describe, expect, it, vi } from "vitest";
import { SimulatedGICv2 } from "../../../test/simulation/simulated-gicv2.ts";
import { GICv2 } from "./gicv2.ts";

function open(limit?: number) {
  const device = new SimulatedGICv2();
  const { distributor, cpuInterface } = device;
  const gic = new GICv2({ distributor, cpuInterface, ...(limit === undefined ? {} : { limit }) });
  return { device, gic };
}

/** A level-triggered device whose handler quiets it. */
function levelDevice(device: SimulatedGICv2, source: number) {
  const state = { high: true };
  device.levels.set(source, () => state.high);
  const handler = vi.fn(() => {
    state.high = false;
  });
  return { state, handler };
}

describe("GICv2", () => {
  it("clears what an earlier run left enabled, pending and active", () => {
    const device = new SimulatedGICv2();
    device.enabled.add(40);
    device.latched.add(41);
    device.active.push(42);
    new GICv2(device);
    expect([device.enabled.size, device.latched.size, device.active.length]).toEqual([0, 0, 0]);
  });

  it("acknowledges, handles and completes", () => {
    const { device, gic } = open();
    const { handler } = levelDevice(device, 33);
    gic.attach(33, handler);
    expect(device.interrupting).toBe(true);
    expect(gic.dispatch()).toBe(true);
    expect(handler).toHaveBeenCalledTimes(1);
    expect([device.active.length, device.interrupting, gic.dispatch()]).toEqual([0, false, false]);
  });

  it("handles private sources, which have no target", () => {
    const { device, gic } = open();
    const { handler } = levelDevice(device, 30);
    gic.attach(30, handler);
    gic.dispatch();
    expect(handler).toHaveBeenCalledTimes(1);
    expect(device.targets.size).toBe(0);
  });

  it("handles an edge that comes while its handler runs", () => {
    const { device, gic } = open();
    const handler = vi.fn(() => {
      if (handler.mock.calls.length === 1) device.pulse(48);
    });
    gic.attach(48, handler, "edge");
    device.pulse(48);
    gic.dispatch();
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it("stops at its limit when a device never falls silent", () => {
    const { device, gic } = open(5);
    device.levels.set(33, () => true);
    const handler = vi.fn();
    gic.attach(33, handler);
    expect(gic.dispatch()).toBe(true);
    expect(handler).toHaveBeenCalledTimes(5);
  });

  it("completes before it passes on an error, and can be used again", () => {
    const { device, gic } = open();
    device.levels.set(33, () => true);
    gic.attach(33, () => {
      throw new Error("handler failed");
    });
    expect(() => gic.dispatch()).toThrow("handler failed");
    expect(device.active).toEqual([]);
    expect(() => gic.dispatch()).toThrow("handler failed");
  });

  it("is not re-entrant", () => {
    const { device, gic } = open();
    const { handler, state } = levelDevice(device, 33);
    let inner: boolean | undefined;
    gic.attach(33, () => {
      inner = gic.dispatch();
      state.high = false;
      handler();
    });
    gic.dispatch();
    expect(inner).toBe(false);
  });

  it("disables and counts a source without a handler", () => {
    const { device, gic } = open();
    device.levels.set(50, () => true);
    device.enabled.add(50);
    device.targets.set(50, 1);
    expect(gic.dispatch()).toBe(true);
    expect([gic.spurious, device.enabled.has(50), device.active.length]).toEqual([1, false, 0]);
  });

  it("holds a disabled source back until it is enabled", () => {
    const { device, gic } = open();
    const { handler } = levelDevice(device, 33);
    const line = gic.line(33);
    line.attach(handler);
    line.disable();
    expect(gic.dispatch()).toBe(false);
    line.enable();
    expect(gic.dispatch()).toBe(true);
  });

  it("gives a source to one handler at a time", () => {
    const { gic } = open();
    const line = gic.line(33);
    line.attach(() => {});
    expect(() => gic.attach(33, () => {})).toThrow(expect.objectContaining({ code: "busy" }));
    line.detach();
    gic.attach(33, () => {});
  });

  it("does not let a line detach what another attached", () => {
    const { device, gic } = open();
    gic.attach(33, () => {});
    gic.line(33).detach();
    expect(device.enabled.has(33)).toBe(true);
  });

  it.each([[15], [96], [-1], [33.5]])("refuses source %s", (source) => {
    expect(() => open().gic.attach(source, () => {})).toThrow(RangeError);
  });

  it("refuses to enable what is not attached, and unknown triggers", () => {
    const { gic } = open();
    expect(() => gic.enable(33)).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(() => gic.attach(33, () => {}, "rising" as "edge")).toThrow(RangeError);
  });

  it("may be closed by a handler", () => {
    const { device, gic } = open();
    device.levels.set(33, () => true);
    gic.attach(33, () => gic.close());
    expect(gic.dispatch()).toBe(true);
    expect(device.active).toEqual([]);
  });

  it("closes twice; lines can still be detached, other calls throw", () => {
    const { device, gic } = open();
    const line = gic.line(33);
    line.attach(() => {});
    gic.close();
    gic.close();
    line.detach();
    expect([device.enabled.size, device.cpuOn, device.distributorOn]).toEqual([0, false, false]);
    expect(() => gic.dispatch()).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
