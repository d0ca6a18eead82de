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
    expect(linkBase(riscv, "runtime", "a")).toBe(0x2200_0200);
    expect(linkBase(riscv, "runtime", "b")).toBe(0x2210_0200);
    expect(linkerScript(riscv, "runtime", "b")).toContain("image (rx) : ORIGIN = 0x22100200, LENGTH = 0x000FFE00");
  });

  it("links a copied runtime for RAM whatever the slot, on a page", () => {
    expect(linkBase(arm, "runtime", "b")).toBe(0x4010_1000);
    expect(linkerScript(arm, "runtime", "b")).toBe(linkerScript(arm, "runtime", "a"));
  });

  it("limits a copied boot image to its RAM region, which is smaller than its partition", () => {
    expect(payloadByteLength(arm, "boot")).toBe(0xa_f000);
  });

  it("puts the reset vector first in a boot image and the header first in a runtime image", () => {
    const order = (script: string) => script.indexOf("hf_header") - script.indexOf("hf_vectors");
    expect(order(linkerScript(arm, "boot"))).toBeGreaterThan(0);
    expect(order(linkerScript(arm, "runtime"))).toBeLessThan(0);
  });
});

describe("boardRegions", () => {
  const flagsOf = (regions: ReturnType<typeof boardRegions>, name: string) =>
    regions.find((region) => region.name === name)?.flags;

  it("gives a register window only to the roles named in board.json", () => {
    expect(flagsOf(boardRegions(arm, "boot"), "flash-slots")).toContain("WINDOW");
    expect(flagsOf(boardRegions(arm, "runtime"), "flash-slots")).toEqual([]);
  });

  it("never gives TypeScript the power switch", () => {
    for (const board of [arm, riscv]) {
      for (const role of ["boot", "runtime"] as const) {
        expect(flagsOf(boardRegions(board, role), board.power.device.name)).toEqual(["DEVICE"]);
      }
    }
  });

  it("lets only the boot stage read slots and write the hand-over", () => {
    expect(flagsOf(boardRegions(arm, "runtime"), "runtime-a")).toEqual([]);
    expect(flagsOf(boardRegions(arm, "boot"), "runtime-a")).toContain("READABLE");
    expect(flagsOf(boardRegions(arm, "runtime"), "hand-over")).toEqual(["READ_ONLY"]);
  });
});

describe("generated C", () => {
  it("names board, role and link address", () => {
    const header = boardHeader(riscv, "runtime", "b");
    expect(header).toContain('#define HF_BOARD_NAME "virt-rv32"');
    expect(header).toContain("#define HF_ROLE_RUNTIME 1");
    expect(header).toContain("#define HF_LINK_BASE 0x22100200");
  });

  it("has one row a region", () => {
    const table = boardTables(arm, "boot");
    expect(table.match(/^\t\{/gm)).toHaveLength(boardRegions(arm, "boot").length);
    expect(table).toContain(
      '\t{0x04000000u, 0x00100000u, HF_REGION_DEVICE | HF_REGION_READABLE | HF_REGION_FLASH, "storage"},',
    );
  });
});
