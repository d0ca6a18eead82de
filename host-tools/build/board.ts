/** The board description (hal/boards/<name>/board.json): its types and its loader. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BoardError } from "./board-error.ts";
import { Fields } from "./board-fields.ts";
import { checkBoard } from "./board-rules.ts";

/** What an image is for: the boot ROM starts the root of trust, which starts the runtime, which runs apps. */
export const IMAGE_ROLES = ["rom", "root", "runtime"] as const;
export type ImageRole = (typeof IMAGE_ROLES)[number];

/** The roles that have slots, A and B; the boot ROM is where it is for good. */
export type SlotRole = Exclude<ImageRole, "rom">;

/** Who may reach a region or device; `native` means C code only, never TypeScript. */
export type Owner = ImageRole | "native";

/** All addresses are physical, all lengths in bytes. */
export interface Range {
  readonly name: string;
  readonly base: number;
  readonly byteLength: number;
}

export interface MemoryRegion extends Range {
  /**
   * `guard` is RAM that nobody may touch, `dma` is shared with devices, `hand-over` carries the block from the first of its roles to
   * the second, `ram-code` holds code that programs flash, `rom` is the chip's own code.
   */
  readonly kind: (typeof MEMORY_KINDS)[number];
  /** Roles whose images map the region; empty means that it stays unmapped. */
  readonly roles: readonly Owner[];
  readonly purpose: string;
}

export interface FlashBank extends Range {
  /** Size of the emulator's image file; larger than what the board may use. */
  readonly fileByteLength: number;
  /** Bytes from the start of the bank that the product may use; same as `byteLength`. */
  readonly budgetByteLength: number;
  /** Smallest erasable unit. */
  readonly sectorByteLength: number;
  /** Aligned unit that one buffered write may not cross. */
  readonly writeBufferByteLength: number;
}

export interface Partition extends Range {
  readonly bank: string;
  /** From the start of the bank. `base` is the bank's base plus this. */
  readonly offset: number;
  /** Roles whose images may read it, and those that may erase and program it. */
  readonly readers: readonly Owner[];
  readonly writers: readonly Owner[];
}

export interface RoleLayout {
  /** `in-place` runs from flash, `copied` from the RAM region named by `image`. */
  readonly execution: "in-place" | "copied";
  /** Region or partition that holds the running image. */
  readonly image: Range;
  /** Region for stack, data and arena. */
  readonly ram: MemoryRegion;
  readonly stackByteLength: number;
  /** MCUboot header size (`hdr_size`) in front of the payload; 0 for an image without header. */
  readonly headerByteLength: number;
}

export interface Device extends Range {
  /** Driver name, also the name of its file in hal/drivers. */
  readonly driver: string;
  readonly interrupt: number | undefined;
  readonly roles: readonly Owner[];
}

export interface Budget {
  readonly ramByteLength: number;
  readonly flashByteLength: number;
}

export interface Emulator {
  readonly command: string;
  readonly debianPackage: string;
  readonly machineArgs: readonly string[];
  /** `{bank name}` stands for the path of that bank's image file. */
  readonly flashArgs: readonly string[];
  /** Adds a random source on virtio slot 0. */
  readonly randomArgs: readonly string[];
  /** Makes guest time follow the instruction count: for measuring and logic, never for network tests. */
  readonly countArgs: readonly string[];
}

export interface Board {
  readonly name: string;
  readonly description: string;
  /** Folder of board.json, start-up code and vectors. */
  readonly folder: string;
  readonly cpu: {
    readonly arch: "armv7-a" | "rv32imac";
    readonly compilerPrefix: string;
    readonly compileFlags: readonly string[];
    readonly linkFlags: readonly string[];
    /** `NAME=value` pairs for the C preprocessor. */
    readonly defines: readonly string[];
    /** Alignment that memory protection needs. */
    readonly pageByteLength: number;
  };
  readonly memory: readonly MemoryRegion[];
  readonly flash: readonly FlashBank[];
  readonly partitions: readonly Partition[];
  readonly roles: Readonly<Record<ImageRole, RoleLayout>>;
  readonly budgets: { readonly total: Budget } & Readonly<Record<ImageRole, Budget>>;
  readonly devices: readonly Device[];
  readonly timer: { readonly driver: string; readonly frequency: number; readonly interrupt: number };
  readonly console: { readonly device: Device; readonly driver: string };
  readonly power: { readonly device: Device; readonly driver: string };
  readonly emulator: Emulator;
}

const MEMORY_KINDS = ["ram", "ram-code", "guard", "dma", "hand-over", "rom"] as const;
const OWNERS = [...IMAGE_ROLES, "native"] as const;

/** Names of the boards in the repository at `root`, sorted. */
export function boardNames(root: string): readonly string[] {
  const folder = join(root, "hal", "boards");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "board.json")))
    .sort();
}

/** Reads and checks one board. @throws BoardError naming the board, file and field that is wrong. */
export function loadBoard(root: string, name: string): Board {
  const folder = join(root, "hal", "boards", name);
  const known = boardNames(root);
  if (!known.includes(name)) {
    throw new BoardError("board-not-found", `expected a board out of ${known.join(", ")}, found "${name}"`);
  }
  const text = readFileSync(join(folder, "board.json"), "utf8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new BoardError(
      "board-not-json",
      `expected JSON, found ${(error as Error).message}, in hal/boards/${name}/board.json`,
    );
  }
  const board = parseBoard(json, folder);
  if (board.name !== name) {
    throw new BoardError(
      "board-bad-value",
      `expected the folder's name "${name}", found "${board.name}", at board.name`,
    );
  }
  return board;
}

/** Turns parsed JSON into a checked board. `folder` is only remembered. @throws BoardError */
export function parseBoard(json: unknown, folder: string): Board {
  const root = new Fields(json, "board");
  const cpu = root.object("cpu");
  const memory = root.objects("memory").map(parseMemory);
  const flash = root.objects("flash").map(parseBank);
  const partitions = root.objects("partitions").map((fields) => parsePartition(fields, flash));
  const devices = root.objects("devices").map(parseDevice);
  const roles = root.object("roles");
  const budgets = root.object("budgets");
  const timer = root.object("timer");
  const board: Board = {
    name: root.string("name"),
    description: root.string("description"),
    folder,
    cpu: {
      arch: cpu.choice("arch", ["armv7-a", "rv32imac"]),
      compilerPrefix: cpu.string("compilerPrefix"),
      compileFlags: cpu.strings("compileFlags"),
      linkFlags: cpu.strings("linkFlags"),
      defines: cpu.strings("defines"),
      pageByteLength: cpu.address("pageByteLength"),
    },
    memory,
    flash,
    partitions,
    roles: {
      rom: parseRole(roles.object("rom"), memory, partitions),
      root: parseRole(roles.object("root"), memory, partitions),
      runtime: parseRole(roles.object("runtime"), memory, partitions),
    },
    budgets: {
      rom: finishedBudget(budgets.object("rom")),
      root: finishedBudget(budgets.object("root")),
      runtime: finishedBudget(budgets.object("runtime")),
      total: parseBudget(budgets),
    },
    devices,
    timer: {
      driver: timer.string("driver"),
      frequency: timer.integer("frequency"),
      interrupt: timer.integer("interrupt"),
    },
    console: parseUse(root.object("console"), devices),
    power: parseUse(root.object("power"), devices),
    emulator: parseEmulator(root.object("emulator")),
  };
  for (const fields of [root, cpu, roles, budgets, timer]) fields.finish();
  checkBoard(board);
  return board;
}

function parseMemory(fields: Fields): MemoryRegion {
  const region = {
    name: fields.string("name"),
    kind: fields.choice("kind", MEMORY_KINDS),
    base: fields.address("base"),
    byteLength: fields.address("byteLength"),
    roles: parseOwners(fields),
    purpose: fields.string("purpose"),
  };
  fields.finish();
  return region;
}

function parseBank(fields: Fields): FlashBank {
  const budgetByteLength = fields.address("budgetByteLength");
  const bank = {
    name: fields.string("name"),
    base: fields.address("base"),
    byteLength: budgetByteLength,
    fileByteLength: fields.address("fileByteLength"),
    budgetByteLength,
    sectorByteLength: fields.address("sectorByteLength"),
    writeBufferByteLength: fields.address("writeBufferByteLength"),
  };
  fields.finish();
  return bank;
}

function parsePartition(fields: Fields, flash: readonly FlashBank[]): Partition {
  const bank = find(flash, fields.string("bank"), `${fields.path}.bank`);
  const offset = fields.address("offset");
  const partition = {
    name: fields.string("name"),
    bank: bank.name,
    offset,
    base: bank.base + offset,
    byteLength: fields.address("byteLength"),
    readers: parseOwners(fields, "readers"),
    writers: parseOwners(fields, "writers"),
  };
  fields.finish();
  return partition;
}

function parseRole(fields: Fields, memory: readonly MemoryRegion[], partitions: readonly Partition[]): RoleLayout {
  const execution = fields.choice("execution", ["in-place", "copied"]);
  const places: readonly Range[] = execution === "in-place" ? partitions : memory;
  const role: RoleLayout = {
    execution,
    image: find(places, fields.string("image"), `${fields.path}.image`),
    ram: find(memory, fields.string("ram"), `${fields.path}.ram`),
    stackByteLength: fields.address("stackByteLength"),
    headerByteLength: fields.address("headerByteLength"),
  };
  fields.finish();
  return role;
}

function parseDevice(fields: Fields): Device {
  const device = {
    name: fields.string("name"),
    driver: fields.string("driver"),
    base: fields.address("base"),
    byteLength: fields.address("byteLength"),
    interrupt: fields.optionalInteger("interrupt"),
    roles: parseOwners(fields),
  };
  fields.finish();
  return device;
}

function parseUse(fields: Fields, devices: readonly Device[]): { device: Device; driver: string } {
  const use = {
    device: find(devices, fields.string("device"), `${fields.path}.device`),
    driver: fields.string("driver"),
  };
  fields.finish();
  return use;
}

function parseBudget(fields: Fields): Budget {
  return { ramByteLength: fields.address("ramByteLength"), flashByteLength: fields.address("flashByteLength") };
}

function finishedBudget(fields: Fields): Budget {
  const budget = parseBudget(fields);
  fields.finish();
  return budget;
}

function parseEmulator(fields: Fields): Emulator {
  const emulator = {
    command: fields.string("command"),
    debianPackage: fields.string("debianPackage"),
    machineArgs: fields.strings("machineArgs"),
    flashArgs: fields.strings("flashArgs"),
    randomArgs: fields.strings("randomArgs"),
    countArgs: fields.strings("countArgs"),
  };
  fields.finish();
  return emulator;
}

function parseOwners(fields: Fields, key = "roles"): readonly Owner[] {
  return fields.strings(key).map((name) => {
    const role = OWNERS.find((known) => known === name);
    if (role === undefined) {
      throw new BoardError(
        "board-bad-value",
        `expected one of ${OWNERS.join(", ")}, found "${name}", at ${fields.path}.${key}`,
      );
    }
    return role;
  });
}

function find<T extends Range>(list: readonly T[], name: string, path: string): T {
  const found = list.find((item) => item.name === name);
  if (found === undefined) {
    throw new BoardError(
      "board-unknown-reference",
      `expected one of ${list.map((item) => item.name).join(", ")}, found "${name}", at ${path}`,
    );
  }
  return found;
}
