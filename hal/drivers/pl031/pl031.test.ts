import { describe, expect, it, vi } from "vitest";
import { SimulatedLine } from "../../../test/simulation/simulated-line.ts";
import { SimulatedPL031 } from "../../../test/simulation/simulated-rtc.ts";
import { PL031 } from "./pl031.ts";

const NOW = 1_700_000_000_000;

function open() {
  const device = new SimulatedPL031();
  const interrupt = new SimulatedLine(() => device.interrupting);
  const onAlarm = vi.fn();
  const rtc = new PL031({ registers: device, interrupt, onAlarm });
  const tick = () => {
    device.tick();
    interrupt.deliver();
  };
  return { device, interrupt, onAlarm, rtc, tick };
}

const settled = () => Promise.resolve();

describe("PL031", () => {
  it("reads milliseconds", () => {
    expect(open().rtc.time).toBe(NOW);
  });

  it("has no time before it was set, and takes one at the next second", () => {
    const { device, rtc, tick } = open();
    device.running = false;
    expect(rtc.time).toBeUndefined();
    rtc.time = NOW + 999;
    tick();
    expect(rtc.time).toBe(NOW);
  });

  it.each([[-1], [2 ** 32 * 1000], [1.5], [undefined]])("refuses the time %s", (time) => {
    const { rtc } = open();
    expect(() => {
      rtc.time = time;
    }).toThrow();
  });

  it("rings once, at the second after a fractional alarm", () => {
    const { onAlarm, rtc, tick } = open();
    rtc.configure({ alarm: NOW + 1001 });
    tick();
    expect(onAlarm).not.toHaveBeenCalled();
    for (let second = 0; second < 5; second += 1) tick();
    expect(onAlarm).toHaveBeenCalledTimes(1);
    expect(onAlarm.mock.contexts[0]).toBe(rtc);
  });

  it("rings for a past alarm after the call", async () => {
    const { onAlarm, rtc } = open();
    rtc.configure({ alarm: NOW - 5000 });
    expect(onAlarm).not.toHaveBeenCalled();
    await settled();
    expect(onAlarm).toHaveBeenCalledTimes(1);
  });

  it("rings for an alarm that a new time jumps over", async () => {
    const { onAlarm, rtc, tick } = open();
    rtc.configure({ alarm: NOW + 10_000 });
    rtc.time = NOW + 60_000;
    await settled();
    tick();
    expect(onAlarm).toHaveBeenCalledTimes(1);
  });

  it("drops a ring on its way when the alarm is withdrawn", async () => {
    const { onAlarm, rtc } = open();
    rtc.configure({ alarm: NOW - 5000 });
    rtc.configure({});
    await settled();
    expect(onAlarm).not.toHaveBeenCalled();
  });

  it("drops a ring on its way when a later alarm replaces it", async () => {
    const { onAlarm, rtc } = open();
    rtc.configure({ alarm: NOW - 5000 });
    rtc.configure({ alarm: NOW + 5000 });
    await settled();
    expect(onAlarm).not.toHaveBeenCalled();
  });

  it("withdraws an alarm", () => {
    const { onAlarm, rtc, tick } = open();
    rtc.configure({ alarm: NOW + 1000 });
    rtc.configure({ alarm: undefined });
    tick();
    expect(onAlarm).not.toHaveBeenCalled();
  });

  it("refuses an alarm without onAlarm, onAlarm without an interrupt, and another part", () => {
    const registers = new SimulatedPL031();
    expect(() => new PL031({ registers }).configure({ alarm: NOW })).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
    expect(() => new PL031({ registers, onAlarm() {} })).toThrow(TypeError);
    registers.part = 0x030;
    expect(() => new PL031({ registers })).toThrow(expect.objectContaining({ code: "device" }));
  });

  it("closes twice, rings no more and refuses later calls", async () => {
    const { interrupt, onAlarm, rtc } = open();
    rtc.configure({ alarm: NOW - 1 });
    rtc.close();
    rtc.close();
    await settled();
    expect(onAlarm).not.toHaveBeenCalled();
    expect(interrupt.attached).toBe(false);
    expect(() => rtc.time).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => rtc.configure({})).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
