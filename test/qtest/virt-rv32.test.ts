import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CfiFlash } from "../../hal/drivers/cfi-flash/cfi-flash.ts";
import { GoldfishRtc } from "../../hal/drivers/goldfish-rtc/goldfish-rtc.ts";
import { NS16550 } from "../../hal/drivers/ns16550/ns16550.ts";
import { PLIC } from "../../hal/drivers/plic/plic.ts";
import { VirtioRng } from "../../hal/drivers/virtio-rng/virtio-rng.ts";
import { HostClock, QtestMachine } from "./qtest-machine.ts";

const FLASH_LENGTH = 32 * 1024 * 1024;
const clock = new HostClock();
/** `wfi` and a jump back to it, where the board starts. */
const IDLE = new Uint8Array(new Uint32Array([0x1050_0073, 0xffdf_f06f]).buffer);

describe("drivers on the device models of virt-rv32", () => {
  let machine: QtestMachine;
  let plic: PLIC;

  beforeAll(() => {
    const arguments_ = ["-M", "virt", "-cpu", "rv32", "-m", "512K", "-bios", "none", "-serial", "file:uart.txt"];
    arguments_.push(
      "-drive",
      "if=pflash,unit=0,format=raw,file=f0.img",
      "-drive",
      "if=pflash,unit=1,format=raw,file=f1.img",
    );
    arguments_.push("-device", "virtio-rng-device", "-global", "virtio-mmio.force-legacy=false");
    const first = new Uint8Array(FLASH_LENGTH);
    first.set(IDLE);
    const second = new Uint8Array(FLASH_LENGTH).fill(255);
    machine = new QtestMachine("qemu-system-riscv32", arguments_, { "f0.img": first, "f1.img": second });
    plic = new PLIC({ registers: machine.registers(0x0c00_0000, 0x40_0000), sources: 95 });
  });
  afterAll(() => machine.close());

  it("CfiFlash programs and reads back", () => {
    const flash = new CfiFlash({ registers: machine.registers(0x2200_0000, FLASH_LENGTH), clock, size: 0x20_0000 });
    expect(flash.status()).toMatchObject({ size: 0x20_0000, blockLength: 0x4_0000, blocks: 8 });
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    flash.write(bytes, 0x4_0000);
    expect(new Uint8Array(flash.read(256, 0x4_0000))).toEqual(bytes);
    flash.close();
  });

  it("NS16550 sends more than its FIFO, driven by the PLIC", async () => {
    const text = "a line that is longer than the sixteen bytes of the FIFO\r\n";
    const uart = new NS16550({
      registers: machine.registers(0x1000_0000, 8),
      interrupt: plic.line(10),
      clock: 3_686_400,
      baud: 115_200,
      format: "buffer",
    });
    uart.write(new TextEncoder().encode(text));
    const sent = () => {
      plic.dispatch();
      expect(readFileSync(join(machine.folder, "uart.txt"), "utf8")).toBe(text);
    };
    await vi.waitFor(sent, { timeout: 2000, interval: 10 });
    uart.close();
  });

  it("GoldfishRtc knows the host's time, sets it, and rings through the PLIC for a past alarm once", async () => {
    const onAlarm = vi.fn();
    const rtc = new GoldfishRtc({ registers: machine.registers(0x0010_1000, 0x24), interrupt: plic.line(11), onAlarm });
    expect(Math.abs((rtc.time as number) - Date.now())).toBeLessThan(5000);
    rtc.time = 1_900_000_000_000;
    expect(Math.abs((rtc.time as number) - 1_900_000_000_000)).toBeLessThan(5000);
    rtc.configure({ alarm: 1_800_000_000_000 });
    plic.dispatch();
    await Promise.resolve();
    plic.dispatch();
    expect(onAlarm).toHaveBeenCalledTimes(1);
    rtc.close();
  });

  it("VirtioRng fills with bytes that differ each time", () => {
    const memory = machine.memory(0x8000_8000, 4096);
    const rng = new VirtioRng({ registers: machine.registers(0x1000_8000, 0x200), memory, clock });
    const [first, second] = [new Uint8Array(100), new Uint8Array(100)];
    rng.fill(first);
    rng.fill(second);
    expect(first).not.toEqual(second);
    rng.close();
  });
});
