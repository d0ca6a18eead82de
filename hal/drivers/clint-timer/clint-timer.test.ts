import { describe, expect, it } from "vitest";
import { SimulatedClint } from "../../../test/simulation/simulated-clint.ts";
import { ClintTimer } from "./clint-timer.ts";

function open(device = new SimulatedClint()) {
  return { device, timer: new ClintTimer({ registers: device, frequency: 10_000_000 }) };
}

describe("ClintTimer", () => {
  it("withdraws the comparator that a reset kept", () => {
    const device = new SimulatedClint();
    device.time = 1000;
    expect(device.interrupting).toBe(true);
    open(device);
    expect(device.interrupting).toBe(false);
  });

  it.each([[0], [2 ** 32 - 1], [2 ** 32], [2 ** 32 + 1], [2 ** 52 + 3]])("counts %i", (time) => {
    const { device, timer } = open();
    device.time = time;
    expect(timer.count()).toBe(time);
  });

  it.each([[1], [2], [3]])("never steps back while the low half wraps, %i ticks before", (before) => {
    const { device, timer } = open();
    device.time = 2 ** 32 - before - 1;
    device.step = 1;
    let last = 0;
    for (let look = 0; look < 5; look += 1) {
      const count = timer.count();
      expect(count).toBeGreaterThan(last);
      expect(count).toBeLessThanOrEqual(device.time);
      last = count;
    }
  });

  it.each([[5], [2 ** 32 - 1], [2 ** 32], [2 ** 53 - 1]])("arms at %i", (at) => {
    const { device, timer } = open();
    timer.arm(at);
    expect(device.compare).toBe(at);
  });

  it("never lets an intermediate comparator fire", () => {
    const { device, timer } = open();
    device.time = 2 ** 32 + 10;
    timer.arm(2 ** 32 + 100);
    timer.arm(2 ** 33 + 1);
    timer.arm(2 ** 32 + 50);
    expect(device.rises).toBe(0);
  });

  it("wakes for a past time and is quiet when disarmed", () => {
    const { device, timer } = open();
    device.time = 100;
    timer.arm(100);
    expect(device.interrupting).toBe(true);
    timer.disarm();
    expect(device.interrupting).toBe(false);
  });

  it.each([[-1], [0.5], [2 ** 53], [Number.NaN]])("refuses to arm at %s", (at) => {
    expect(() => open().timer.arm(at)).toThrow(RangeError);
  });

  it("refuses a hart that does not exist", () => {
    expect(() => new ClintTimer({ registers: new SimulatedClint(), frequency: 1, hart: 4095 })).toThrow(RangeError);
  });

  it("closes twice and refuses later calls", () => {
    const { device, timer } = open();
    timer.arm(0);
    timer.close();
    timer.close();
    expect(device.interrupting).toBe(false);
    expect(() => timer.count()).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => timer.arm(1)).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
