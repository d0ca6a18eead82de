/** Turns a board description into the C header and tables that start-up code, fault reports and natives read. */

import type { Board, ImageRole, MemoryRegion, Range } from "./board.ts";
import { BoardError } from "./board-error.ts";
import { hex } from "./board-fields.ts";
import { linkBase, type Slot } from "./linker-script.ts";

/** Names as in hal/native/cpu/regions.h. */
type RegionFlag = "DATA" | "READ_ONLY" | "UNCACHED" | "DEVICE" | "WINDOW" | "READABLE" | "GUARD" | "FLASH";

interface Region extends Range {
  readonly flags: readonly RegionFlag[];
}

/** Every named address range as seen by `role`; the first that holds an address gives it its name. */
export function boardRegions(board: Board, role: ImageRole): readonly Region[] {
  const memory = board.memory.map((region) => ({ ...region, flags: memoryFlags(board, region, role) }));
  const partitions = board.partitions.map((partition) => ({
    ...partition,
    flags: isReadable(partition.name, role) ? (["DEVICE", "READABLE", "FLASH"] as const) : [],
  }));
  const devices = board.devices.map((device) => {
    const flags: RegionFlag[] = [];
    if (device.roles.includes(role)) flags.push("DEVICE", "WINDOW");
    else if (device === board.console.device || device === board.power.device) flags.push("DEVICE");
    return { ...device, flags };
  });
  return [...memory, ...partitions, ...devices];
}

function memoryFlags(board: Board, region: MemoryRegion, role: ImageRole): readonly RegionFlag[] {
  if (region.kind === "guard") return ["GUARD"];
  if (region.kind === "rom" || !region.roles.includes(role) || region === board.roles[role].image) return [];
  if (region.kind === "dma") return ["DATA", "UNCACHED"];
  if (region.kind === "hand-over") return role === "boot" ? ["DATA"] : ["READ_ONLY"];
  return region === board.roles.runtime.image ? ["DATA", "READABLE"] : ["DATA"];
}

/** The boot stage hashes slots in place; both roles read the storage partition. */
function isReadable(partition: string, role: ImageRole): boolean {
  return partition === "storage" || (role === "boot" && partition.startsWith("runtime-"));
}

/** `board-config.h`: constants for C and assembly. Addresses carry no suffix so that the assembler takes them. */
export function boardHeader(board: Board, role: ImageRole, slot: Slot = "a"): string {
  const { ram, image } = board.roles[role];
  const runtime = board.roles.runtime;
  const lines = [
    "/* Generated from board.json: do not edit. */",
    "#ifndef HOLDFAST_BOARD_CONFIG_H",
    "#define HOLDFAST_BOARD_CONFIG_H",
    `#define HF_BOARD_NAME "${board.name}"`,
    `#define HF_ROLE_NAME "${role}"`,
    `#define HF_ROLE_${role.toUpperCase()} 1`,
    ...range(
      "HF_IMAGE_REGION",
      role === "runtime" && runtime.execution === "in-place" ? partitionRange(board, slot) : image,
    ),
    `#define HF_LINK_BASE ${hex(linkBase(board, role, slot))}`,
    ...range("HF_RAM", ram),
    ...range("HF_HAND_OVER", kind(board, "hand-over")),
    ...range("HF_DMA", kind(board, "dma")),
    ...range("HF_BOOT_PARTITION", partitionRange(board, "boot")),
    ...range("HF_SLOT_A", partitionRange(board, "a")),
    ...range("HF_SLOT_B", partitionRange(board, "b")),
    ...range("HF_STORAGE", partitionRange(board, "storage")),
    `#define HF_RUNTIME_${runtime.execution === "copied" ? "COPIED" : "IN_PLACE"} 1`,
    ...range("HF_RUNTIME_IMAGE", runtime.image),
    `#define HF_RUNTIME_HEADER_LENGTH ${hex(runtime.headerByteLength)}`,
    ...board.memory
      .filter((region) => region.kind === "guard" || region.kind === "rom")
      .flatMap((region) => range(`HF_${region.name.toUpperCase().replaceAll("-", "_")}`, region)),
    `#define HF_CONSOLE_${board.console.driver.toUpperCase()} 1`,
    `#define HF_CONSOLE_BASE ${hex(board.console.device.base)}`,
    `#define HF_POWER_BASE ${hex(board.power.device.base)}`,
    `#define HF_TIMER_FREQUENCY ${board.timer.frequency}`,
    `#define HF_TIMER_BASE ${hex(board.devices.find((device) => device.driver === board.timer.driver)?.base ?? 0)}`,
    "#endif",
  ];
  return `${lines.join("\n")}\n`;
}

/** `board-tables.c`: the region table. */
export function boardTables(board: Board, role: ImageRole): string {
  const rows = boardRegions(board, role).map(({ base, byteLength, name, flags }) => {
    const bits = flags.length === 0 ? "0" : flags.map((flag) => `HF_REGION_${flag}`).join(" | ");
    return `\t{${hex(base)}u, ${hex(byteLength)}u, ${bits}, "${name}"},`;
  });
  return [
    "/* Generated from board.json: do not edit. */",
    '#include "regions.h"',
    "",
    "const hfRegion hf_regions[] = {",
    ...rows,
    "};",
    `const uint32_t hf_region_count = ${rows.length};`,
    "",
  ].join("\n");
}

function kind(board: Board, wanted: MemoryRegion["kind"]): MemoryRegion {
  const region = board.memory.find((each) => each.kind === wanted);
  if (region === undefined) {
    throw new BoardError("board-missing-field", `expected a region of kind "${wanted}", found none, at board.memory`);
  }
  return region;
}

function partitionRange(board: Board, slot: Slot | "boot" | "storage"): Range {
  const name = slot === "a" || slot === "b" ? `runtime-${slot}` : slot;
  const partition = board.partitions.find((each) => each.name === name);
  if (partition === undefined) {
    throw new BoardError("board-missing-field", `expected a partition "${name}", found none, at board.partitions`);
  }
  return partition;
}

function range(prefix: string, { base, byteLength }: Range): readonly string[] {
  return [`#define ${prefix}_BASE ${hex(base)}`, `#define ${prefix}_LENGTH ${hex(byteLength)}`];
}
