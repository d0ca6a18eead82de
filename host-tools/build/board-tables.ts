/** Turns a board description into the C header and tables that start-up code, fault reports and natives read. */

import type { Board, Device, ImageRole, MemoryRegion, Partition, Range, RoleLayout, SlotRole } from "./board.ts";
import { BoardError } from "./board-error.ts";
import { hex } from "./board-fields.ts";
import type { Slot } from "./linker-script.ts";

/** Names as in hal/native/cpu/regions.h. */
type RegionFlag =
  | "DATA"
  | "READ_ONLY"
  | "UNCACHED"
  | "DEVICE"
  | "WINDOW"
  | "READABLE"
  | "GUARD"
  | "FLASH"
  | "FLASH_WRITABLE";

interface Region extends Range {
  readonly flags: readonly RegionFlag[];
}

/** The role that each role starts. */
const NEXT: Readonly<Partial<Record<ImageRole, SlotRole>>> = { rom: "root", root: "runtime" };

/** Every named address range as seen by `role`; the first that holds an address gives it its name. */
export function boardRegions(board: Board, role: ImageRole): readonly Region[] {
  const memory = board.memory.map((region) => ({ ...region, flags: memoryFlags(board, region, role) }));
  const partitions = board.partitions.map((partition) => {
    const flags: RegionFlag[] = [];
    if (partition.readers.includes(role)) flags.push("DEVICE", "READABLE", "FLASH");
    if (partition.writers.includes(role)) flags.push("FLASH_WRITABLE");
    return { ...partition, flags };
  });
  const devices = board.devices.map((device) => ({ ...device, flags: deviceFlags(board, device, role) }));
  return [...memory, ...partitions, ...devices];
}

function memoryFlags(board: Board, region: MemoryRegion, role: ImageRole): readonly RegionFlag[] {
  if (region.kind === "guard") return ["GUARD"];
  if (region.kind === "rom" || region.kind === "ram-code" || !region.roles.includes(role)) return [];
  if (region === board.roles[role].image) return [];
  if (region.kind === "dma") return ["DATA", "UNCACHED"];
  // The runtime only reads its block; the root of trust also erases the secrets in its own.
  if (region.kind === "hand-over") return role === "runtime" ? ["READ_ONLY"] : ["DATA"];
  return region === nextLayout(board, role)?.image ? ["DATA", "READABLE"] : ["DATA"];
}

/** C code of the secure stages reaches the devices marked `native`; the runtime's C only the console. */
function deviceFlags(board: Board, device: Device, role: ImageRole): readonly RegionFlag[] {
  if (device.roles.includes(role)) return ["DEVICE", "WINDOW"];
  if (device === board.console.device) return ["DEVICE"];
  const isNative = role !== "runtime" && (device.roles.includes("native") || device === board.power.device);
  return isNative && !device.driver.startsWith("cfi-") ? ["DEVICE"] : [];
}

function nextLayout(board: Board, role: ImageRole): RoleLayout | undefined {
  const next = NEXT[role];
  return next === undefined ? undefined : board.roles[next];
}

/** `board-config.h`: constants for C and assembly, the same for both slots. Addresses carry no suffix so that the assembler takes them. */
export function boardHeader(board: Board, role: ImageRole): string {
  const { ram, image } = board.roles[role];
  const next = NEXT[role];
  const handOver = (isMine: (region: MemoryRegion) => boolean) =>
    board.memory.find((region) => region.kind === "hand-over" && isMine(region));
  const incoming = handOver((region) => region.roles[1] === role);
  const outgoing = handOver((region) => region.roles[0] === role);
  const lines = [
    "/* Generated from board.json: do not edit. */",
    "#ifndef HOLDFAST_BOARD_CONFIG_H",
    "#define HOLDFAST_BOARD_CONFIG_H",
    `#define HF_BOARD_NAME "${board.name}"`,
    `#define HF_ROLE_NAME "${role}"`,
    `#define HF_ROLE_${role.toUpperCase()} 1`,
    // Where an image runs in place depends on its slot: its code asks the linker's symbols.
    ...(role === "rom" || board.roles[role].execution === "copied" ? range("HF_IMAGE_REGION", image) : []),
    ...range("HF_RAM", ram),
    ...range("HF_RUNTIME_RAM", board.roles.runtime.ram),
    ...(incoming === undefined ? [] : range("HF_HAND_OVER_IN", incoming)),
    ...(outgoing === undefined ? [] : range("HF_HAND_OVER_OUT", outgoing)),
    ...(next === undefined ? [] : nextLines(board, next)),
    ...board.memory.flatMap((region) => range(`HF_MEMORY_${macro(region.name)}`, region)),
    ...board.partitions.flatMap((partition) => range(`HF_PARTITION_${macro(partition.name)}`, partition)),
    ...board.flash.flatMap((bank) => [
      ...range(`HF_FLASH_${macro(bank.name)}`, bank),
      `#define HF_FLASH_${macro(bank.name)}_SECTOR ${hex(bank.sectorByteLength)}`,
    ]),
    ...board.devices.flatMap((device) => range(`HF_DEVICE_${macro(device.name)}`, device)),
    `#define HF_CONSOLE_${macro(board.console.driver)} 1`,
    `#define HF_CONSOLE_BASE ${hex(board.console.device.base)}`,
    `#define HF_POWER_BASE ${hex(board.power.device.base)}`,
    `#define HF_TIMER_FREQUENCY ${board.timer.frequency}`,
    `#define HF_TIMER_BASE ${hex(board.devices.find((device) => device.driver === board.timer.driver)?.base ?? 0)}`,
    "#endif",
  ];
  return `${lines.join("\n")}\n`;
}

function nextLines(board: Board, next: SlotRole): readonly string[] {
  const { execution, headerByteLength, image } = board.roles[next];
  return [
    `#define HF_NEXT_${execution === "copied" ? "COPIED" : "IN_PLACE"} 1`,
    ...(execution === "copied" ? range("HF_NEXT_IMAGE", image) : []),
    ...range("HF_NEXT_SLOT_A", imagePartition(board, next, "a")),
    ...range("HF_NEXT_SLOT_B", imagePartition(board, next, "b")),
    `#define HF_NEXT_HEADER_LENGTH ${hex(headerByteLength)}`,
  ];
}

function macro(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
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

/** The flash partition of a role's slot. @throws BoardError when the board has none. */
export function imagePartition(board: Board, role: SlotRole, slot: Slot): Partition {
  const name = `${role}-${slot}`;
  const partition = board.partitions.find((each) => each.name === name);
  if (partition === undefined) {
    throw new BoardError("board-missing-field", `expected a partition "${name}", found none, at board.partitions`);
  }
  return partition;
}

function range(prefix: string, { base, byteLength }: Range): readonly string[] {
  return [`#define ${prefix}_BASE ${hex(base)}`, `#define ${prefix}_LENGTH ${hex(byteLength)}`];
}
