import { describe, expect, it } from "vitest";
import { SimulatedLine } from "../../../test/simulation/simulated-line.ts";
import { CompareTimer, type CompareTimerAccess } from "./compare-timer.ts";

/** A timer's registers; armed with an old comparator, as an earlier stage may leave them. */
class SimulatedTimerRegisters implements CompareTimerAccess {
  now = 1000;
  compare = 0;
  enabled = true;

  get interrupting(): boolean {
    return this.enabled && this.now >= this.compare;
  }

  frequency(): number {
    return 62_500_000;
  }

  count(): number {
    return this.now;
  }

  arm(ticks: number): void {
    this.compare = ticks;
    this.enabled = true;
  }

  disarm(): void {
    this.enabled = false;
  }
}

function open() {
  const access = new SimulatedTimerRegisters();
  const interrupt = new SimulatedLine(() => access.interrupting);
  return { access, interrupt, timer: new CompareTimer({ access, interrupt }) };
}

describe("CompareTimer", () => {
  it("starts disarmed, with the frequency of the hardware", () => {
    const { access, timer } = open();
    expect([access.enabled, timer.frequency, timer.count()]).toEqual([false, 62_500_000, 1000]);
  });

  it("raises its interrupt at the armed count and lowers it when handled", () => {
    const { access, interrupt, timer } = open();
    timer.arm(1100);
    expect(interrupt.deliver()).toBe(0);
    access.now = 1100;
    expect(interrupt.deliver()).toBe(1);
    expect(access.interrupting).toBe(false);
  });

  it("wakes at once for a past count", () => {
    const { interrupt, timer } = open();
    timer.arm(5);
    expect(interrupt.deliver()).toBe(1);
  });

  it("is quiet when disarmed", () => {
    const { interrupt, timer } = open();
    timer.arm(5);
    timer.disarm();
    expect(interrupt.deliver()).toBe(0);
  });

  it.each([[5], [2 ** 32 - 1], [2 ** 32], [2 ** 53 - 1]])("arms at %i", (at) => {
    const { access, timer } = open();
    timer.arm(at);
    expect([access.compare, access.enabled]).toEqual([at, true]);
  });

  it.each([[-1], [0.5], [2 ** 53], [Number.NaN]])("refuses to arm at %s", (at) => {
    expect(() => open().timer.arm(at)).toThrow(RangeError);
  });

  it("works without an interrupt of its own", () => {
    const access = new SimulatedTimerRegisters();
    const timer = new CompareTimer({ access });
    expect(access.enabled).toBe(false);
    timer.arm(5);
    expect(access.interrupting).toBe(true);
    timer.close();
    expect(access.enabled).toBe(false);
  });

  it("refuses a frequency of 0 and access that is none", () => {
    const access = new SimulatedTimerRegisters();
    access.frequency = () => 0;
    expect(() => new CompareTimer({ access, interrupt: new SimulatedLine() })).toThrow(RangeError);
    expect(() => new CompareTimer({ access: {} as never, interrupt: new SimulatedLine() })).toThrow(TypeError);
  });

  it("closes twice and refuses later calls", () => {
    const { access, interrupt, timer } = open();
    timer.arm(5);
    timer.close();
    timer.close();
    expect([access.enabled, interrupt.attached]).toEqual([false, false]);
    expect(() => timer.arm(1)).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => timer.count()).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
