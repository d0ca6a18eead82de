import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CfiFlash } from "../../hal/drivers/cfi-flash/cfi-flash.ts";
import { GICv2 } from "../../hal/drivers/gicv2/gicv2.ts";
import { PL011 } from "../../hal/drivers/pl011/pl011.ts";
import { PL031 } from "../../hal/drivers/pl031/pl031.ts";
import { PL061, PL061Digital } from "../../hal/drivers/pl061/pl061.ts";
import { VirtioRng } from "../../hal/drivers/virtio-rng/virtio-rng.ts";
import { HostClock, QtestMachine } from "./qtest-machine.ts";

const FLASH_LENGTH = 64 * 1024 * 1024;
const clock = new HostClock();

/** `wfi` and a branch back to it, at the reset vector. */
const IDLE = new Uint8Array(new Uint32Array([0xe320_f003, 0xeaff_fffd]).buffer);

function flashImage(start: Uint8Array): Uint8Array {
  const image = new Uint8Array(FLASH_LENGTH).fill(255);
  image.set(start);
  return image;
}

function start(legacy: boolean): QtestMachine {
  const arguments_ = ["-M", "virt", "-cpu", "cortex-a7", "-m", "4M", "-serial", "file:uart.txt"];
  arguments_.push("-drive", "if=pflash,unit=0,format=raw,file=f0.img");
  arguments_.push("-drive", "if=pflash,unit=1,format=raw,file=f1.img");
  arguments_.push("-device", "virtio-rng-device", "-global", `virtio-mmio.force-legacy=${legacy}`);
  const files = { "f0.img": flashImage(IDLE), "f1.img": flashImage(new Uint8Array(0)) };
  return new QtestMachine("qemu-system-arm", arguments_, files);
}

describe("drivers on the device models of virt-a7", () => {
  let machine: QtestMachine;
  let gic: GICv2;

  beforeAll(() => {
    machine = start(false);
    gic = new GICv2({
      distributor: machine.registers(0x0800_0000, 0x1000),
      cpuInterface: machine.registers(0x0801_0000, 0x1000),
    });
  });
  afterAll(() => machine.close());

  it("CfiFlash erases, programs across a buffer boundary and reads back", () => {
    const flash = new CfiFlash({ registers: machine.registers(0x0400_0000, FLASH_LENGTH), clock, trackUnits: true });
    expect(flash.status()).toMatchObject({ size: FLASH_LENGTH, blockLength: 0x4_0000 });
    const bytes = Uint8Array.from({ length: 1024 }, (_, index) => (index * 7) & 0xff);
    flash.write(bytes, 4096 - 512);
    expect(new Uint8Array(flash.read(1024, 4096 - 512))).toEqual(bytes);
    expect(readFileSync(join(machine.folder, "f1.img")).subarray(4096 - 512, 4096 + 512)).toEqual(Buffer.from(bytes));
    expect(() => flash.write(new Uint8Array(4).fill(255), 4096)).toThrow(
      expect.objectContaining({ code: "not-erased" }),
    );
    flash.close();
  });

  it("CfiFlash opens after a processor that stopped in a buffered write", () => {
    const registers = machine.registers(0x0400_0000, FLASH_LENGTH);
    for (const word of [0x00e8_00e8, 0x0003_0003, 0, 0]) registers.write32(0x8_0000, word);
    const flash = new CfiFlash({ registers, clock });
    expect(new Uint8Array(flash.read(8, 0x8_0000))).toEqual(new Uint8Array(8).fill(255));
    flash.close();
  });

  it("PL011 sends, and is heard through the GIC", () => {
    const uart = new PL011({
      registers: machine.registers(0x0900_0000, 0x1000),
      interrupt: gic.line(33),
      clock: 24_000_000,
      baud: 115_200,
      format: "buffer",
    });
    uart.write(new TextEncoder().encode("holdfast\r\n"));
    uart.flush();
    uart.close();
    expect(readFileSync(join(machine.folder, "uart.txt"), "utf8")).toBe("holdfast\r\n");
  });

  it("PL031 knows the host's time and rings for a past alarm", async () => {
    const onAlarm = vi.fn();
    const rtc = new PL031({ registers: machine.registers(0x0901_0000, 0x1000), interrupt: gic.line(34), onAlarm });
    expect(Math.abs((rtc.time as number) - Date.now())).toBeLessThan(5000);
    rtc.configure({ alarm: Date.now() - 10_000 });
    await Promise.resolve();
    expect(onAlarm).toHaveBeenCalledTimes(1);
    rtc.close();
  });

  it("PL031 rings through the GIC", async () => {
    const onAlarm = vi.fn();
    const rtc = new PL031({ registers: machine.registers(0x0901_0000, 0x1000), interrupt: gic.line(34), onAlarm });
    rtc.configure({ alarm: (rtc.time as number) + 1000 });
    await vi.waitFor(() => expect(gic.dispatch()).toBe(true), { timeout: 4000, interval: 50 });
    expect(onAlarm).toHaveBeenCalledTimes(1);
    expect(gic.dispatch()).toBe(false);
    rtc.close();
  });

  it("PL061 drives a pin and reads it back", () => {
    const io = new PL061({ registers: machine.registers(0x0903_0000, 0x1000), interrupt: gic.line(39) });
    const pin = new PL061Digital({ io, pin: 5, mode: PL061Digital.Output, initialValue: 1 });
    expect(pin.read()).toBe(1);
    pin.write(0);
    expect(pin.read()).toBe(0);
    io.close();
  });
});

describe.each([
  ["modern", false],
  ["legacy", true],
])("VirtioRng on the %s transport of virt-a7", (_name, legacy) => {
  it("fills with bytes that differ each time", () => {
    const machine = start(legacy);
    try {
      const registers = machine.registers(0x0a00_3e00, 0x200);
      const memory = machine.memory(0x4020_0000, 4096);
      const rng = new VirtioRng({ registers, memory, clock });
      const [first, second] = [new Uint8Array(100), new Uint8Array(100)];
      rng.fill(first);
      rng.fill(second);
      expect(first).not.toEqual(second);
      expect(first.filter((byte) => byte === 0).length).toBeLessThan(20);
      rng.close();
    } finally {
      machine.close();
    }
  });
});
