import { describe, expect, it, vi } from "vitest";
import { SimulatedLine } from "../../../test/simulation/simulated-line.ts";
import { SimulatedGoldfishRtc } from "../../../test/simulation/simulated-rtc.ts";
import { GoldfishRtc } from "./goldfish-rtc.ts";

const NOW = 1_700_000_000_123;

function open() {
  const device = new SimulatedGoldfishRtc();
  const interrupt = new SimulatedLine(() => device.interrupting);
  const onAlarm = vi.fn();
  const rtc = new GoldfishRtc({ registers: device, interrupt, onAlarm });
  return { device, interrupt, onAlarm, rtc };
}

const settled = () => Promise.resolve();

describe("GoldfishRtc", () => {
  it("reads milliseconds", () => {
    expect(open().rtc.time).toBe(NOW);
  });

  it("reads a consistent time while the low half wraps", () => {
    const { device, rtc } = open();
    device.nanoseconds = (400_000n << 32n) - 1n;
    device.onAccess = () => {
      device.nanoseconds += 1n;
    };
    expect(Math.abs((rtc.time as number) - Number((400_000n << 32n) / 1_000_000n))).toBeLessThanOrEqual(1);
  });

  it("sets the time to the millisecond", () => {
    const { device, rtc } = open();
    rtc.time = NOW + 86_400_000;
    expect(Number(device.nanoseconds / 1_000_000n)).toBe(NOW + 86_400_000);
  });

  it("sets it again when a carry got lost between the halves", () => {
    const { device, rtc } = open();
    device.nanoseconds = (400_000n << 32n) - 1n;
    let accesses = 0;
    device.onAccess = () => {
      accesses += 1;
      if (accesses === 2) device.nanoseconds += 2n;
    };
    rtc.time = NOW;
    expect(Math.abs((rtc.time as number) - NOW)).toBeLessThanOrEqual(1);
  });

  it("reports a clock that cannot be set", () => {
    const { device, rtc } = open();
    device.onAccess = () => {
      device.nanoseconds += 10_000_000_000n;
    };
    expect(() => {
      rtc.time = NOW;
    }).toThrow(expect.objectContaining({ code: "device" }));
  });

  it("rings once at its time", () => {
    const { device, interrupt, onAlarm, rtc } = open();
    rtc.configure({ alarm: NOW + 50 });
    device.advance(49);
    interrupt.deliver();
    expect(onAlarm).not.toHaveBeenCalled();
    device.advance(2);
    interrupt.deliver();
    device.advance(1000);
    interrupt.deliver();
    expect(onAlarm).toHaveBeenCalledTimes(1);
  });

  it("rings once for a past alarm, after the call", async () => {
    const { interrupt, onAlarm, rtc } = open();
    rtc.configure({ alarm: NOW - 1 });
    expect(onAlarm).not.toHaveBeenCalled();
    interrupt.deliver();
    await settled();
    expect(onAlarm).toHaveBeenCalledTimes(1);
  });

  it("keeps the wall time of an alarm when the time is set", () => {
    const { device, rtc } = open();
    rtc.configure({ alarm: NOW + 5000 });
    rtc.time = NOW + 1000;
    expect(Math.abs(Number((device.alarm as bigint) / 1000n) - (NOW + 5000) * 1000)).toBeLessThanOrEqual(1);
  });

  it.each([[-1], [7_258_118_400_001], [0.5]])("refuses the alarm %s", (alarm) => {
    expect(() => open().rtc.configure({ alarm })).toThrow(RangeError);
  });

  it("closes twice, disarms and refuses later calls", () => {
    const { device, interrupt, rtc } = open();
    rtc.configure({ alarm: NOW + 5000 });
    rtc.close();
    rtc.close();
    expect([device.alarm, interrupt.attached]).toEqual([undefined, false]);
    expect(() => rtc.time).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
