import { describe, expect, it } from "vitest";
import { SimulatedClock } from "../../../test/simulation/simulated-clock.ts";
import { SimulatedPL011 } from "../../../test/simulation/simulated-pl011.ts";
import { SimulatedPLIC } from "../../../test/simulation/simulated-plic.ts";
import { PL011 } from "../pl011/pl011.ts";
import { PLIC } from "../plic/plic.ts";
import { TimerQueue } from "../timer-queue/timer-queue.ts";
import { DeviceEventLoop } from "./event-loop.ts";

function open() {
  const device = new SimulatedPLIC();
  const clock = new SimulatedClock();
  const interrupts = new PLIC({ registers: device, sources: 95 });
  const timers = new TimerQueue({ clock });
  return { device, clock, interrupts, timers, loop: new DeviceEventLoop({ interrupts, timers }) };
}

describe("DeviceEventLoop", () => {
  it("returns false when there is nothing to do", () => {
    expect(open().loop.turn()).toBe(false);
    expect(new DeviceEventLoop({}).turn()).toBe(false);
  });

  it("handles interrupts before timers", () => {
    const { device, clock, interrupts, timers, loop } = open();
    const order: string[] = [];
    let high = true;
    device.levels.set(10, () => high);
    interrupts.attach(10, () => {
      high = false;
      order.push("interrupt");
    });
    timers.schedule(() => order.push("timer"), 0);
    clock.now = 5;
    expect(loop.turn()).toBe(true);
    expect(order).toEqual(["interrupt", "timer"]);
    expect(loop.turn()).toBe(false);
  });

  it("runs timers although a device never falls silent", () => {
    const { device, clock, interrupts, timers, loop } = open();
    device.levels.set(10, () => true);
    interrupts.attach(10, () => {});
    let ran = false;
    timers.schedule(() => {
      ran = true;
    }, 0);
    clock.now = 5;
    loop.turn();
    expect(ran).toBe(true);
  });

  it("can be entered again after a callback threw", () => {
    const { clock, timers, loop } = open();
    timers.schedule(() => {
      throw new Error("callback failed");
    }, 0);
    clock.now = 5;
    expect(() => loop.turn()).toThrow("callback failed");
    expect(loop.turn()).toBe(false);
  });

  it("carries a serial port from wire to wire", () => {
    const { device, interrupts, loop } = open();
    const uart = new SimulatedPL011();
    device.levels.set(10, () => uart.interrupting);
    new PL011({
      registers: uart,
      interrupt: interrupts.line(10),
      clock: 24_000_000,
      baud: 115_200,
      onReadable(count) {
        for (let index = 0; index < count; index += 1) this.write(this.read() as number);
      },
    });
    uart.arrive([0x68, 0x69]);
    expect(loop.turn()).toBe(true);
    uart.shift(2);
    expect(uart.sent).toEqual([0x68, 0x69]);
    expect(loop.turn()).toBe(false);
  });

  it("refuses what is no controller", () => {
    expect(() => new DeviceEventLoop({ interrupts: {} as never })).toThrow(TypeError);
  });
});
