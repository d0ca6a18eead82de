/** Builds a program in C alone as one of the three stages: start-up code, protection and monitor of the board as they are. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Board, ImageRole } from "../../../../host-tools/build/board.ts";
import { boardHeader, boardTables } from "../../../../host-tools/build/board-tables.ts";
import { linkerScript, type Slot } from "../../../../host-tools/build/linker-script.ts";
import { compileObjects, recipesFor } from "../../../../host-tools/build/objects.ts";
import { runCommand } from "../../../../host-tools/setup/run-command.ts";

/** Natives that stand without XS. */
const SOURCES = [
  "cpu/fault.c",
  "cpu/image-header.S",
  "cpu/launch.c",
  "cpu/regions.c",
  "cpu/wall-clock.c",
  "c-library/memory-functions.c",
  "c-library/system-calls.c",
  "console/console-output.c",
  "flash/flash-routine.c",
];
const BOARD_SOURCES = ["start.S", "exceptions.c", "memory-protection.c", "monitor.c", "processor.c", "root-call.S"];
const INCLUDES = ["console", "cpu", "flash", "memory", "monitor", "root"];
const FLAGS = ["-std=gnu11", "-Os", "-ffunction-sections", "-fdata-sections", "-msave-restore"];
const WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes"];
/** Offset of the payload's length in an MCUboot header. */
const PAYLOAD_LENGTH_OFFSET = 12;

/** Where a program comes from and what it becomes. */
export interface WorldImage {
  /** Repository. */
  readonly root: string;
  readonly board: Board;
  readonly role: ImageRole;
  readonly slot: Slot;
  /** Files of the test that make the program, absolute. */
  readonly sources: readonly string[];
  /** For what is generated. */
  readonly folder: string;
  /** What stands directly behind the code, where an archive would. */
  readonly behind?: Uint8Array;
}

/** The bytes of a slot, or of the `rom` partition: as much of an MCUboot header as the stages read, then the payload. */
export async function worldImage(image: WorldImage): Promise<Uint8Array> {
  const { root, board, role, slot, sources, folder, behind = new Uint8Array(0) } = image;
  const generated = join(folder, `${role}-${slot}`);
  mkdirSync(generated, { recursive: true });
  writeFileSync(join(generated, "board-config.h"), boardHeader(board, role));
  writeFileSync(join(generated, "board-tables.c"), boardTables(board, role));
  writeFileSync(join(generated, "link.ld"), linkerScript(board, role, slot));
  const compiler = `${board.cpu.compilerPrefix}gcc`;
  const native = join(root, "hal", "native");
  const includes = [generated, board.folder, import.meta.dirname, ...INCLUDES.map((name) => join(native, name))];
  const flags = [
    ...board.cpu.compileFlags,
    ...board.cpu.defines.map((define) => `-D${define}`),
    ...FLAGS,
    ...WARNINGS,
    ...includes.map((path) => `-I${path}`),
  ];
  const files = [
    ...BOARD_SOURCES.map((name) => join(board.folder, name)),
    ...SOURCES.map((name) => join(native, name)),
    join(generated, "board-tables.c"),
    ...sources,
  ];
  const recipes = recipesFor(files, join(generated, "objects"), compiler, flags);
  await compileObjects(recipes);
  const elf = join(generated, "world.elf");
  await run(compiler, [
    ...board.cpu.compileFlags,
    ...board.cpu.linkFlags,
    "-nostartfiles",
    "-Wl,--gc-sections",
    "-Wl,--fatal-warnings",
    "-T",
    join(generated, "link.ld"),
    ...recipes.map(({ object }) => object),
    "-o",
    elf,
  ]);
  const payload = join(generated, "world.bin");
  await run(`${board.cpu.compilerPrefix}objcopy`, ["-O", "binary", elf, payload]);
  return withHeader(readFileSync(payload), board.roles[role].headerByteLength, behind);
}

function withHeader(payload: Uint8Array, headerByteLength: number, behind: Uint8Array): Uint8Array {
  const header = Buffer.alloc(headerByteLength);
  const code = Buffer.alloc(Math.ceil(payload.length / 16) * 16);
  code.set(payload);
  if (headerByteLength > 0) header.writeUInt32LE(code.length, PAYLOAD_LENGTH_OFFSET);
  return Buffer.concat([header, code, behind]);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand(command, args);
  if (exitCode !== 0) throw new Error(`${command} ended with code ${exitCode}: ${stderr}`);
}
