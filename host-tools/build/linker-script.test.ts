import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadBoard } from "./board.ts";
import { boardHeader, boardRegions, boardTables } from "./board-tables.ts";
import { linkBase, linkerScript, payloadByteLength } from "./linker-script.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const arm = loadBoard(ROOT, "virt-a7");
const riscv = loadBoard(ROOT, "virt-rv32");

describe("linkerScript", () => {
  it("links a runtime that runs in place for its slot", () => {
    expect(linkBase(riscv, "runtime", "a")).toBe(0x2210_0200);
    expect(linkBase(riscv, "runtime", "b")).toBe(0x2220_0200);
    expect(linkerScript(riscv, "runtime", "b")).toContain("image (rx) : ORIGIN = 0x22200200, LENGTH = 0x000FFE00");
  });

  it("links a copied runtime for RAM whatever the slot, on a page", () => {
    expect(linkBase(arm, "runtime", "b")).toBe(0x4010_1000);
    expect(linkerScript(arm, "runtime", "b")).toBe(linkerScript(arm, "runtime", "a"));
  });

  it("limits a copied boot ROM to its RAM region, which is smaller than its partition", () => {
    expect(payloadByteLength(arm, "rom")).toBe(0x6_0000);
  });

  it("puts the reset vector first in a boot ROM and the header first in any other image", () => {
    const order = (script: string) => script.indexOf("hf_header") - script.indexOf("hf_vectors");
    expect(order(linkerScript(arm, "rom"))).toBeGreaterThan(0);
    expect(order(linkerScript(arm, "runtime"))).toBeLessThan(0);
  });
});

describe("boardRegions", () => {
  const flagsOf = (regions: ReturnType<typeof boardRegions>, name: string) =>
    regions.find((region) => region.name === name)?.flags;

  it("gives a register window only to the roles named in board.json", () => {
    expect(flagsOf(boardRegions(arm, "runtime"), "rtc")).toContain("WINDOW");
    expect(flagsOf(boardRegions(arm, "root"), "rtc")).toEqual([]);
  });

  it("never gives TypeScript the power switch, and the runtime's C neither", () => {
    for (const board of [arm, riscv]) {
      for (const role of ["rom", "root"] as const)
        expect(flagsOf(boardRegions(board, role), board.power.device.name)).toEqual(["DEVICE"]);
      expect(flagsOf(boardRegions(board, "runtime"), board.power.device.name)).toEqual([]);
    }
  });

  it("lets nobody but the boot ROM at the device secret", () => {
    for (const board of [arm, riscv]) {
      expect(flagsOf(boardRegions(board, "rom"), "device-secret")).toContain("FLASH_WRITABLE");
      for (const role of ["root", "runtime"] as const)
        expect(flagsOf(boardRegions(board, role), "device-secret")).toEqual([]);
    }
  });

  it("lets the runtime read no slot, nor change its hand-over", () => {
    expect(flagsOf(boardRegions(arm, "runtime"), "runtime-a")).toEqual([]);
    expect(flagsOf(boardRegions(arm, "root"), "runtime-a")).toEqual(["DEVICE", "READABLE", "FLASH", "FLASH_WRITABLE"]);
    expect(flagsOf(boardRegions(arm, "runtime"), "runtime-hand-over")).toEqual(["READ_ONLY"]);
    expect(flagsOf(boardRegions(arm, "runtime"), "root-hand-over")).toEqual([]);
  });
});

describe("generated C", () => {
  it("names board and role, and the slots of the next stage", () => {
    const header = boardHeader(riscv, "root");
    expect(header).toContain('#define HF_BOARD_NAME "virt-rv32"');
    expect(header).toContain("#define HF_ROLE_ROOT 1");
    expect(header).toContain("#define HF_NEXT_SLOT_B_BASE 0x22200000");
    expect(header).not.toContain("HF_IMAGE_REGION");
  });

  it("has one row a region", () => {
    const table = boardTables(arm, "runtime");
    expect(table.match(/^\t\{/gm)).toHaveLength(boardRegions(arm, "runtime").length);
    expect(table).toContain(
      '\t{0x04000000u, 0x00100000u, HF_REGION_DEVICE | HF_REGION_READABLE | HF_REGION_FLASH, "storage"},',
    );
  });

  it("links the code that programs flash for RAM on boards that run in place", () => {
    expect(linkerScript(riscv, "root")).toContain("routine (rx) : ORIGIN = 0x8000FC00, LENGTH = 0x00000400");
    for (const script of [linkerScript(riscv, "rom"), linkerScript(arm, "root")])
      expect(script).not.toContain("routine");
  });
});
