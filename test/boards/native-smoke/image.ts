/** Builds the smoke test's program for one board and role, without XS. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Board, ImageRole } from "../../../host-tools/build/board.ts";
import { boardHeader, boardTables } from "../../../host-tools/build/board-tables.ts";
import { linkerScript } from "../../../host-tools/build/linker-script.ts";
import { mbedtlsFlags, mbedtlsSources } from "../../../host-tools/build/mbedtls-sources.ts";
import { memoryMap } from "../../../host-tools/build/memory-map.ts";
import { compileObjects, recipesFor } from "../../../host-tools/build/objects.ts";
import { runCommand } from "../../../host-tools/setup/run-command.ts";

/** Natives that stand without XS. */
const SOURCES = [
  "cpu/fault.c",
  "cpu/image-header.S",
  "cpu/launch.c",
  "cpu/regions.c",
  "c-library/memory-functions.c",
  "c-library/system-calls.c",
  "cpu/wall-clock.c",
  "console/console-output.c",
  "memory/memory-copy.c",
  "crypto/verification.c",
  "flash/flash-routine.c",
];
const FLAGS = ["-std=gnu11", "-Os", "-ffunction-sections", "-fdata-sections"];
const WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes"];

/** The payload as the linker made it; the MCUboot header is the caller's. */
export async function smokePayload(root: string, board: Board, role: ImageRole, folder: string): Promise<Uint8Array> {
  const generated = join(folder, role);
  mkdirSync(generated, { recursive: true });
  writeFileSync(join(generated, "board-config.h"), boardHeader(board, role));
  writeFileSync(join(generated, "board-tables.c"), boardTables(board, role));
  writeFileSync(join(generated, "link.ld"), linkerScript(board, role));
  const compiler = `${board.cpu.compilerPrefix}gcc`;
  const native = join(root, "hal", "native");
  const here = join(root, "test", "boards", "native-smoke");
  const crypto = mbedtlsFlags(root, board);
  const flags = [...board.cpu.compileFlags, ...board.cpu.defines.map((define) => `-D${define}`), ...FLAGS, ...crypto];
  const includes = [
    generated,
    folder,
    board.folder,
    here,
    ...["cpu", "console", "memory", "monitor", "crypto", "flash"].map((name) => join(native, name)),
  ];
  const own = [
    ...readdirSync(board.folder)
      .filter((name) => /\.[cS]$/.test(name))
      .map((name) => join(board.folder, name)),
    ...SOURCES.map((name) => join(native, name)),
    join(generated, "board-tables.c"),
    join(here, "main.c"),
  ];
  const recipes = [
    ...recipesFor(own, join(generated, "objects"), compiler, [
      ...flags,
      ...WARNINGS,
      ...includes.map((path) => `-I${path}`),
      `-DHF_TEST_PROCESSOR="processor-${board.name}.h"`,
    ]),
    ...recipesFor(mbedtlsSources(), join(folder, "mbedtls"), compiler, [...flags, ...WARNINGS.slice(0, 3)]),
  ];
  await compileObjects(recipes);
  const elf = join(generated, "smoke.elf");
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
  memoryMap(board, role, readFileSync(elf), 0);
  const payload = join(generated, "smoke.bin");
  await run(`${board.cpu.compilerPrefix}objcopy`, ["-O", "binary", elf, payload]);
  return readFileSync(payload);
}

/** Writes `vectors.h`: a fresh key, a message's digest and its signature, so that no constant can be fitted to the code. */
export function writeVectors(folder: string): void {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-65);
  const message = Buffer.from("holdfast");
  const signature = sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });
  const array = (name: string, bytes: Uint8Array) => `static const uint8_t ${name}[] = {${[...bytes].join(", ")}};\n`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "vectors.h"),
    [
      "#include <stdint.h>\n",
      array("abcDigest", createHash("sha256").update("abc").digest()),
      array("publicKey", point),
      array("messageDigest", createHash("sha256").update(message).digest()),
      array("goodSignature", signature),
    ].join(""),
  );
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand(command, args);
  if (exitCode !== 0) throw new Error(`${command} ended with code ${exitCode}: ${stderr}`);
}
