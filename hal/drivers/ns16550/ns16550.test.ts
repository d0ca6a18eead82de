import { describe, expect, it, vi } from "vitest";
import { SimulatedLine } from "../../../test/simulation/simulated-line.ts";
import { SimulatedNS16550 } from "../../../test/simulation/simulated-ns16550.ts";
import { NS16550, type NS16550Options } from "./ns16550.ts";

function open(options: Partial<NS16550Options> = {}, device = new SimulatedNS16550(options.stride)) {
  const interrupt = new SimulatedLine(() => device.interrupting);
  const serial = new NS16550({ registers: device, interrupt, clock: 3_686_400, baud: 115_200, ...options });
  return { device, interrupt, serial };
}

describe("NS16550", () => {
  it.each([[1], [2], [4]])("programs the divisor at stride %i", (stride) => {
    const { device } = open({ stride });
    expect(device.divisor).toBe(2);
    expect(device.modemControl).toBe(3);
  });

  it.each([
    ["stride", { stride: 3 }],
    ["baud", { baud: 460_800 }],
    ["clock", { clock: 0 }],
  ])("refuses a wrong %s before touching hardware", (_name, options) => {
    const registers = new SimulatedNS16550();
    const write = vi.spyOn(registers, "write8");
    expect(() => new NS16550({ registers, clock: 3_686_400, baud: 115_200, ...options })).toThrow(RangeError);
    expect(write).not.toHaveBeenCalled();
  });

  it("finds an empty bus", () => {
    const device = new SimulatedNS16550();
    device.present = false;
    expect(() => open({}, device)).toThrow(expect.objectContaining({ code: "device" }));
  });

  it("receives through the interrupt", () => {
    const onReadable = vi.fn();
    const { device, interrupt, serial } = open({ onReadable });
    device.arrive([0x61, 0x62]);
    interrupt.deliver();
    expect(onReadable.mock.calls).toEqual([[2]]);
    expect([serial.read(), serial.read(), serial.read()]).toEqual([0x61, 0x62, undefined]);
  });

  it.each([
    [true, 3],
    [false, 40],
  ])("sends 40 bytes with FIFO %s in %i or more interrupts", (hasFifo, least) => {
    const device = new SimulatedNS16550();
    device.hasFifo = hasFifo;
    const { interrupt, serial } = open({ format: "buffer" }, device);
    const bytes = Uint8Array.from({ length: 40 }, (_, index) => index);
    serial.write(bytes);
    let interrupts = 0;
    for (let round = 0; round < 50; round += 1) {
      device.shift();
      interrupts += interrupt.deliver();
    }
    expect(device.sent).toEqual([...bytes]);
    expect(interrupts).toBeGreaterThanOrEqual(least - 1);
    expect(device.interrupting).toBe(false);
  });

  it.each([
    ["parity", 0x04],
    ["framing", 0x08],
    ["break", 0x18],
  ])("reports a %s fault of its byte only", (fault, bits) => {
    const onError = vi.fn();
    const { device, interrupt, serial } = open({ onError, format: "buffer" });
    device.arrive([1]);
    device.arrive([2], bits);
    device.arrive([3]);
    interrupt.deliver();
    expect(onError.mock.calls).toEqual([[fault]]);
    expect(new Uint8Array(serial.read() as ArrayBuffer)).toEqual(new Uint8Array([1, 3]));
  });

  it("keeps a fault that a transmit poll happened to read", () => {
    const onError = vi.fn();
    const { device, interrupt, serial } = open({ onError });
    device.arrive([2], 0x08);
    serial.write(0x30);
    interrupt.deliver();
    expect(onError.mock.calls).toEqual([["framing"]]);
    expect(serial.read()).toBeUndefined();
  });

  it("reports an overrun", () => {
    const onError = vi.fn();
    const { device, interrupt } = open({ onError });
    device.arrive(Array.from({ length: 20 }, () => 1));
    interrupt.deliver();
    expect(onError.mock.calls).toEqual([["overrun"]]);
  });

  it("closes twice and refuses later calls", () => {
    const { interrupt, serial } = open();
    serial.close();
    serial.close();
    expect(interrupt.attached).toBe(false);
    expect(() => serial.write(1)).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
