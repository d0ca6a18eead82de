import { describe, expect, it, vi } from "vitest";
import { SimulatedLine } from "../../../test/simulation/simulated-line.ts";
import { SimulatedPL011 } from "../../../test/simulation/simulated-pl011.ts";
import { PL011, type PL011Options } from "./pl011.ts";

function open(options: Partial<PL011Options> = {}) {
  const device = new SimulatedPL011();
  const interrupt = new SimulatedLine(() => device.interrupting);
  const serial = new PL011({ registers: device, interrupt, clock: 24_000_000, baud: 115_200, ...options });
  return { device, interrupt, serial };
}

const settled = () => Promise.resolve();

describe("PL011", () => {
  it("programs the baud rate divisor in 64ths", () => {
    expect(open().device.divisor).toBe(833);
  });

  it.each([
    ["a baud rate out of reach", { baud: 3_000_000 }, RangeError],
    ["a baud rate that is no integer", { baud: 1.5 }, RangeError],
    ["an unknown format", { format: "string" as "number" }, RangeError],
    ["a short buffer", { bufferLength: 8 }, RangeError],
    ["a callback that is no function", { onReadable: 1 as never }, TypeError],
    ["registers that are none", { registers: {} as never }, TypeError],
  ])("refuses %s before touching hardware", (_name, options, kind) => {
    const device = new SimulatedPL011();
    const write = vi.spyOn(device, "write32");
    const all = { registers: device, interrupt: new SimulatedLine(), clock: 24_000_000, baud: 115_200, ...options };
    expect(() => new PL011(all)).toThrow(kind);
    expect(write).not.toHaveBeenCalled();
  });

  it("refuses callbacks without an interrupt", () => {
    const registers = new SimulatedPL011();
    expect(() => new PL011({ registers, clock: 24_000_000, baud: 115_200, onReadable() {} })).toThrow(TypeError);
  });

  it("refuses another PrimeCell", () => {
    const registers = new SimulatedPL011();
    registers.part = 0x061;
    expect(() => new PL011({ registers, clock: 24_000_000, baud: 115_200 })).toThrow(/part 0x11, found 0x61/);
  });

  it("stops the hardware when the interrupt is taken", () => {
    const registers = new SimulatedPL011();
    const interrupt = new SimulatedLine();
    interrupt.attach(() => {});
    expect(() => new PL011({ registers, interrupt, clock: 24_000_000, baud: 115_200 })).toThrow();
    expect(registers.enabled).toBe(false);
  });

  it("waits for characters of an earlier stage before changing the divisor", () => {
    const registers = new SimulatedPL011();
    registers.write32(0x2c, 0x70);
    registers.write32(0x30, 0x301);
    for (const byte of [1, 2, 3]) registers.write32(0x00, byte);
    registers.shiftsByItself = true;
    new PL011({ registers, clock: 24_000_000, baud: 115_200 });
    expect(registers.sent).toEqual([1, 2, 3]);
  });

  it("reads single bytes in format number", () => {
    const { device, interrupt, serial } = open();
    device.arrive([0x41, 0x42]);
    interrupt.deliver();
    expect([serial.read(), serial.read(), serial.read()]).toEqual([0x41, 0x42, undefined]);
  });

  it("calls onReadable with the count, with the instance as this", () => {
    const onReadable = vi.fn();
    const { device, interrupt, serial } = open({ onReadable });
    device.arrive([1, 2, 3]);
    expect(onReadable).not.toHaveBeenCalled();
    interrupt.deliver();
    expect(onReadable.mock.calls).toEqual([[3]]);
    expect(onReadable.mock.contexts[0]).toBe(serial);
  });

  it("hears a single byte below the trigger level through the receive time-out", () => {
    const onReadable = vi.fn();
    const { device, interrupt } = open({ onReadable });
    device.arrive([7]);
    expect(interrupt.deliver()).toBe(0);
    device.receiveTimeout();
    interrupt.deliver();
    expect(onReadable.mock.calls).toEqual([[1]]);
  });

  it("reads buffers whole, in part and into a Uint8Array", () => {
    const { device, interrupt, serial } = open({ format: "buffer" });
    device.arrive([1, 2, 3, 4, 5, 6]);
    interrupt.deliver();
    expect(new Uint8Array(serial.read(2) as ArrayBuffer)).toEqual(new Uint8Array([1, 2]));
    const target = new Uint8Array(3);
    expect(serial.read(target)).toBe(3);
    expect(target).toEqual(new Uint8Array([3, 4, 5]));
    expect(new Uint8Array(serial.read() as ArrayBuffer)).toEqual(new Uint8Array([6]));
    expect(serial.read()).toBeUndefined();
  });

  it("writes more than the FIFO holds and tells when it has left", async () => {
    const onWritable = vi.fn();
    const { device, interrupt, serial } = open({ format: "buffer", onWritable });
    await settled();
    onWritable.mockClear();
    const bytes = Uint8Array.from({ length: 40 }, (_, index) => index);
    serial.write(bytes);
    for (let round = 0; round < 40; round += 1) {
      device.shift();
      interrupt.deliver();
    }
    expect(device.sent).toEqual([...bytes]);
    expect(onWritable.mock.calls).toEqual([[256]]);
  });

  it("takes nothing of a write that does not fit", () => {
    const { device, serial } = open({ format: "buffer", bufferLength: 16 });
    serial.write(new Uint8Array(16));
    expect(() => serial.write(new Uint8Array(17))).toThrow(expect.objectContaining({ code: "no-space" }));
    device.shift(100);
    expect(device.sent).toHaveLength(16);
  });

  it.each([[-1], [256], [1.5], ["a"], [undefined]])("refuses the byte %s", (byte) => {
    const { serial } = open();
    expect(() => serial.write(byte as number)).toThrow();
  });

  it("calls onWritable once after opening and after a write that fitted the FIFO, never inside a call", async () => {
    const onWritable = vi.fn();
    const { serial } = open({ onWritable });
    expect(onWritable).not.toHaveBeenCalled();
    await settled();
    expect(onWritable.mock.calls).toEqual([[256]]);
    serial.write(1);
    serial.write(2);
    expect(onWritable).toHaveBeenCalledTimes(1);
    await settled();
    expect(onWritable).toHaveBeenCalledTimes(2);
  });

  it("holds the receiver back when nobody reads, and goes on after a read", () => {
    const { device, interrupt, serial } = open({ format: "buffer", bufferLength: 16 });
    device.arrive(Array.from({ length: 16 }, (_, index) => index));
    interrupt.deliver();
    device.arrive([16, 17, 18]);
    expect(interrupt.deliver()).toBe(0);
    expect((serial.read() as ArrayBuffer).byteLength).toBe(16);
    expect(interrupt.deliver()).toBe(1);
    expect(new Uint8Array(serial.read() as ArrayBuffer)).toEqual(new Uint8Array([16, 17, 18]));
  });

  it("does not forget bytes that stayed in the FIFO for want of room", () => {
    const { device, interrupt, serial } = open({ format: "buffer", bufferLength: 16 });
    device.arrive(new Array(10).fill(1));
    interrupt.deliver();
    device.arrive(new Array(10).fill(2));
    interrupt.deliver();
    serial.read();
    interrupt.deliver();
    expect((serial.read() as ArrayBuffer).byteLength).toBe(4);
  });

  it("calls nothing more once a callback has closed it", () => {
    const onReadable = vi.fn();
    const { device, interrupt } = open({
      onReadable,
      onError() {
        this.close();
      },
    });
    device.arrive([1, 2]);
    device.arrive([3], 0x100);
    interrupt.deliver();
    expect(onReadable).not.toHaveBeenCalled();
  });

  it.each([
    ["framing", 0x100, []],
    ["parity", 0x200, []],
    ["break", 0x500, []],
  ] as const)("reports a %s fault and drops the byte", (fault, bits, kept) => {
    const onError = vi.fn();
    const { device, interrupt, serial } = open({ onError, format: "buffer" });
    device.arrive([0x55, 0x55], bits);
    interrupt.deliver();
    expect(onError.mock.calls).toEqual([[fault]]);
    expect(serial.read()).toEqual(kept.length === 0 ? undefined : kept);
  });

  it("reports an overrun and keeps the bytes around it", () => {
    const onError = vi.fn();
    const { device, interrupt, serial } = open({ onError, format: "buffer" });
    device.arrive(Array.from({ length: 17 }, (_, index) => index));
    interrupt.deliver();
    device.arrive([99, 98]);
    interrupt.deliver();
    expect(onError.mock.calls).toEqual([["overrun"]]);
    expect((serial.read() as ArrayBuffer).byteLength).toBe(18);
  });

  it("flushes without an interrupt", () => {
    const registers = new SimulatedPL011();
    const serial = new PL011({ registers, clock: 24_000_000, baud: 115_200, format: "buffer" });
    serial.write(new Uint8Array(40).fill(7));
    registers.shiftsByItself = true;
    serial.flush();
    expect(registers.sent).toHaveLength(40);
  });

  it("gives up flushing a transmitter that stands still", () => {
    const { serial } = open();
    serial.write(1);
    expect(() => serial.flush()).toThrow(expect.objectContaining({ code: "timeout" }));
  });

  it("polls the receiver in read() without an interrupt", () => {
    const registers = new SimulatedPL011();
    const serial = new PL011({ registers, clock: 24_000_000, baud: 115_200 });
    registers.arrive([9]);
    expect(serial.read()).toBe(9);
  });

  it("may be closed in its own callback", () => {
    const onReadable = vi.fn(function (this: { close(): void }) {
      this.close();
    });
    const { device, interrupt } = open({ onReadable });
    device.arrive([1, 2]);
    interrupt.deliver();
    expect(interrupt.attached).toBe(false);
    expect(device.enabled).toBe(false);
  });

  it("closes twice and refuses later calls", async () => {
    const onWritable = vi.fn();
    const { device, interrupt, serial } = open({ onWritable });
    serial.close();
    serial.close();
    await settled();
    expect(onWritable).not.toHaveBeenCalled();
    expect(device.enabled).toBe(false);
    expect(interrupt.attached).toBe(false);
    for (const call of [
      () => serial.read(),
      () => serial.write(1),
      () => serial.flush(),
      () => (serial.format = "number"),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "closed" }));
    }
  });
});
