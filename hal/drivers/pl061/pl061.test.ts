import { describe, expect, it, vi } from "vitest";
import { SimulatedLine } from "../../../test/simulation/simulated-line.ts";
import { SimulatedPL061 } from "../../../test/simulation/simulated-pl061.ts";
import { PL061, PL061Digital, type PL061DigitalOptions } from "./pl061.ts";

function open() {
  const device = new SimulatedPL061();
  const interrupt = new SimulatedLine(() => device.interrupting);
  const io = new PL061({ registers: device, interrupt });
  const digital = (options: Omit<PL061DigitalOptions, "io">) => new PL061Digital({ io, ...options });
  return { device, interrupt, io, digital };
}

const { Input, Output, Rising, Falling } = PL061Digital;

describe("PL061Digital", () => {
  it("drives an output, starting with its initial value", () => {
    const { device, digital } = open();
    const pin = digital({ pin: 3, mode: Output, initialValue: 1 });
    expect([device.direction, device.levels]).toEqual([8, 8]);
    pin.write(0);
    expect(device.levels).toBe(0);
    pin.write(1);
    expect([pin.read(), device.levels]).toEqual([1, 8]);
  });

  it("starts an output at 0", () => {
    const { device, digital } = open();
    digital({ pin: 2, mode: Output, activeLow: true });
    expect(device.levels).toBe(4);
  });

  it("touches no pin but its own", () => {
    const { device, digital } = open();
    const left = digital({ pin: 0, mode: Output, initialValue: 1 });
    const right = digital({ pin: 7, mode: Output });
    right.write(1);
    left.write(0);
    expect(device.levels).toBe(0x80);
  });

  it("reads an input, inverted when active low", () => {
    const { device, digital } = open();
    const plain = digital({ pin: 1, mode: Input });
    const inverted = digital({ pin: 2, mode: Input, activeLow: true });
    expect([plain.read(), inverted.read()]).toEqual([0, 1]);
    device.drive(1, 1);
    device.drive(2, 1);
    expect([plain.read(), inverted.read()]).toEqual([1, 0]);
  });

  it.each([
    ["rising", Rising, false, [1, 0, 1, 0], 2, 1],
    ["falling", Falling, false, [1, 0, 1, 0], 2, 0],
    ["both", Rising | Falling, false, [1, 0, 1], 3, undefined],
    ["rising of active low", Rising, true, [1, 0, 1], 1, 1],
    ["falling of active low", Falling, true, [1, 0, 1], 2, 0],
  ] as const)("calls onReadable for %s edges", (_name, edge, activeLow, levels, calls, value) => {
    const { device, interrupt, digital } = open();
    const seen: number[] = [];
    digital({
      pin: 5,
      mode: Input,
      edge,
      activeLow,
      onReadable() {
        seen.push(this.read());
      },
    });
    for (const level of levels) {
      device.drive(5, level);
      interrupt.deliver();
    }
    expect(seen).toHaveLength(calls);
    if (value !== undefined) expect(new Set(seen)).toEqual(new Set([value]));
  });

  it("does not call for an edge from before opening", () => {
    const { device, interrupt, digital } = open();
    device.drive(5, 1);
    const onReadable = vi.fn();
    digital({ pin: 5, mode: Input, edge: Rising, onReadable });
    interrupt.deliver();
    expect(onReadable).not.toHaveBeenCalled();
  });

  it("serves several pins from one interrupt", () => {
    const { device, interrupt, digital } = open();
    const first = vi.fn();
    const second = vi.fn();
    digital({ pin: 0, mode: Input, edge: Rising, onReadable: first });
    digital({ pin: 1, mode: Input, edge: Rising, onReadable: second });
    device.drive(0, 1);
    device.drive(1, 1);
    interrupt.deliver();
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
  });

  it.each([
    ["a pin out of range", { pin: 8, mode: Input }, RangeError],
    ["a mode without pads for it", { pin: 0, mode: PL061Digital.InputPullUp }, RangeError],
    ["an unknown mode", { pin: 0, mode: 5 as 0 }, RangeError],
    ["an initial value of an input", { pin: 0, mode: Input, initialValue: 1 }, RangeError],
    ["a callback without an edge", { pin: 0, mode: Input, onReadable() {} }, TypeError],
    ["edge 0", { pin: 0, mode: Input, edge: 0, onReadable() {} }, RangeError],
    ["a callback of an output", { pin: 0, mode: Output, edge: Rising, onReadable() {} }, RangeError],
  ] as const)("refuses %s and keeps the pin free", (_name, options, kind) => {
    const { digital } = open();
    expect(() => digital(options)).toThrow(kind);
    digital({ pin: 0, mode: Input });
  });

  it("refuses callbacks without an interrupt", () => {
    const io = new PL061({ registers: new SimulatedPL061() });
    expect(() => new PL061Digital({ io, pin: 0, mode: Input, edge: Rising, onReadable() {} })).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });

  it("gives a pin to one holder at a time", () => {
    const { digital } = open();
    const pin = digital({ pin: 0, mode: Input });
    expect(() => digital({ pin: 0, mode: Output })).toThrow(expect.objectContaining({ code: "busy" }));
    pin.close();
    digital({ pin: 0, mode: Output });
  });

  it("refuses to write an input or another value than 0 and 1", () => {
    const { digital } = open();
    expect(() => digital({ pin: 0, mode: Input }).write(1)).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(() => digital({ pin: 1, mode: Output }).write(2 as 1)).toThrow(RangeError);
  });

  it("closes twice without disturbing the next holder, and refuses later calls", () => {
    const { device, digital } = open();
    const pin = digital({ pin: 0, mode: Output, initialValue: 1 });
    pin.close();
    digital({ pin: 0, mode: Output, initialValue: 1 });
    pin.close();
    expect(device.direction).toBe(1);
    expect(() => pin.read()).toThrow(expect.objectContaining({ code: "closed" }));
  });
});

describe("PL061", () => {
  it("refuses another PrimeCell", () => {
    const registers = new SimulatedPL061();
    registers.part = 0x011;
    expect(() => new PL061({ registers })).toThrow(expect.objectContaining({ code: "device" }));
  });

  it("makes every pin an input when closed, twice", () => {
    const { device, interrupt, io, digital } = open();
    digital({ pin: 0, mode: Output });
    io.close();
    io.close();
    expect([device.direction, device.mask, interrupt.attached]).toEqual([0, 0, false]);
    expect(() => digital({ pin: 1, mode: Input })).toThrow(expect.objectContaining({ code: "closed" }));
  });
});
