import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Board, loadBoard } from "./board.ts";
import { speedFlags } from "./speed-flags.ts";

const root = resolve(import.meta.dirname, "../..");
const board = (name: string): Board => loadBoard(root, name);

describe("flags for speed", () => {
  it("go to the files that were measured, and to no other", () => {
    expect(speedFlags("/x/xs/sources/xsRun.c", board("virt-rv32"))).toEqual(["-O2"]);
    expect(speedFlags("/x/xs/sources/xsRun.c", board("virt-a7"))).toEqual([]);
    expect(speedFlags("/x/3rdparty/p256-m/p256-m/p256-m.c", board("virt-a7"))).toContain("-O2");
    expect(speedFlags("/x/3rdparty/p256-m/p256-m_driver_entrypoints.c", board("virt-a7"))).toEqual([]);
    expect(speedFlags("/x/xs/sources/xsRuntime.c", board("virt-rv32"))).toEqual([]);
  });
});
