import { describe, expect, it } from "vitest";
import { SimulatedLine } from "../../../test/simulation/simulated-line.ts";
import { ArmGenericTimer, type ArmTimerAccess } from "./arm-generic-timer.ts";

/** The coprocessor registers of one timer; enabled with an old comparator, as an earlier stage may leave it. */
class SimulatedTimerRegisters implements ArmTimerAccess {
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

  setCompare(ticks: number): void {
    this.compare = ticks;
  }

  enable(on: boolean): void {
    this.enabled = on;
  }
}

function open() {
  const access = new SimulatedTimerRegisters();
  const interrupt = new SimulatedLine(() => access.interrupting);
  return { access, interrupt, timer: new ArmGenericTimer({ access, interrupt }) };
}

describe("ArmGenericTimer", () => {
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

  it.each([[-1], [0.5], [2 ** 53]])("refuses to arm at %s", (at) => {
    expect(() => open().timer.arm(at)).toThrow(RangeError);
  });

  it("refuses a frequency of 0 and access that is none", () => {
    const access = new SimulatedTimerRegisters();
    access.frequency = () => 0;
    expect(() => new ArmGenericTimer({ access, interrupt: new SimulatedLine() })).toThrow(RangeError);
    expect(() => new ArmGenericTimer({ access: {} as never, interrupt: new SimulatedLine() })).toThrow(TypeError);
  });

  it("closes twice and refuses later calls", () => {
    const { access, interrupt, timer } = open();
    timer.arm(5);
    timer.close();
    timer.close();
    expect([access.enabled, interrupt.attached]).toEqual([false, false]);
    expect(() => timer.arm(1)).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
